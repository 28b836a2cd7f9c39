/**
 * A leaky bucket in one hash: `level` and the moment it was true. Both scripts use the server's clock, so that replicas agree.
 * KEYS[1] the bucket; ARGV: amount, capacity, restored per second. The life time is what it takes to leak empty, and a second.
 */
const levelNow = `
local amount, capacity, rate = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(kept[1]) or 0
level = math.max(0, level - math.max(0, now - (tonumber(kept[2]) or now)) / 1000 * rate)
`
const keep = `
redis.call('HSET', KEYS[1], 'level', string.format('%.6f', level), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(math.max(capacity, level) / rate * 1000) + 1000)
`

/** Gives [granted 0|1, remaining as text, wait in ms]. */
export const takeScript = `${levelNow}
local granted = level + amount <= capacity
local wait = 0
if granted then level = level + amount else wait = math.ceil((level + amount - capacity) / rate * 1000) end
${keep}
return { granted and 1 or 0, string.format('%.6f', math.max(0, capacity - level)), wait }`

/** Adds an amount, positive or negative; the level stays between empty and full. */
export const settleScript = `${levelNow}
level = math.max(0, math.min(capacity, level + amount))
${keep}
return 1`
