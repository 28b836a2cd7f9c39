import { type ProjectionNotifier } from './notifier.ts'
import { type Watermark } from './progress.ts'
import { type Projection } from './projection.ts'

const marks = new WeakMap<ProjectionNotifier, Map<string, Watermark>>()

/** Where several projections follow one stream, the tables hold only what the slowest of them has reached: that is what is told. */
export function slowestOfStream(
  notifier: ProjectionNotifier,
  projection: Projection,
  all: readonly Projection[],
): Pick<ProjectionNotifier, 'publish' | 'listen'> {
  const names = all.filter(({ stream }) => stream === projection.stream).map(({ name }) => name)
  const known = marks.get(notifier) ?? new Map<string, Watermark>()
  marks.set(notifier, known)
  return {
    listen: (heard) => notifier.listen(heard),
    publish(mark) {
      known.set(projection.name, mark)
      let slowest = mark
      for (const name of names) {
        const other = known.get(name)
        // not heard of yet, or not yet of this life of the stream: nothing can be promised
        if (other === undefined || other.epoch !== mark.epoch) return
        if (other.sequence < slowest.sequence) slowest = other
      }
      notifier.publish(slowest)
    },
  }
}
