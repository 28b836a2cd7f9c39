import { describeSettings } from '../config.ts'

const WIDTH = 100

const head = `orrery: one GraphQL API and one live event stream over runs, approvals, graphs, records and objectives

usage: orrery [COMMAND] [FLAGS]           npm start -- [FLAGS]

  serve                     start the server (the default)
  migrate                   bring the tables up to date and end; servers do so when they start
  doctor [--json]           check settings, machine and stores, and say what to do; 1 when something fails
  rebuild [PROJECTION ..] [--force]
                            make the read model anew from the event log; connected servers may keep running. What the
                            log no longer holds is not given up without --force
  schema print [--subgraph NAME]
                            print the GraphQL schema, or what one domain (or several, by commas) serves as a
                            Federation v2 subgraph
  keys create --tenant T --name N [--roles viewer,approver] [--expires 30d]
                            make an API key; it is shown once
  keys list [--tenant T]    keys, without their secrets
  keys revoke KEY_ID        end a key's life; the key itself will do
  graph checksum [--tenant T] compare what SQL, memory and Neo4j hold of every graph
  graph rebuild             make our projection in Neo4j anew from SQL
  graph list                every graph, with its head; GRAPH below is PROJECT/NAMESPACE/GRAPH
  graph log GRAPH [--count N]
                            its newest commits
  graph commit GRAPH --file CHANGES.json [--expect COMMIT]
                            commit an array of changes; makes the graph if it is not there
  graph tag GRAPH TAG [COMMIT]
                            put a tag on a commit, or take it away
  graph export GRAPH [COMMIT] [--out FILE.json|.graphml|.dot|.svg]
                            the graph as a file
  graph import GRAPH --file FILE.json|.graphml [--expect COMMIT]
                            add what a file holds, as commits
  records append STREAM [TEXT ..] [--expect N]
                            append records, one a word or one a line of standard input
  records tail STREAM [--from N] [--count N]
                            stored records from N on, then new ones as they come
  records verify STREAM [--from N] [--to N] [--pins FILE]; records verify --file SEGMENT[,SEGMENT]
                            recompute the hash chain of a stream, or of exported files
  records pin STREAM [--list]
                            note length and head hash; --list prints all pins
  records export STREAM [--out FILE] [--from N]
                            write a stream in Craton's segment format
  records import STREAM --file SEGMENT[,SEGMENT] [--class PHI]
                            check such files, then append their records
  audit verify              recompute the tenant's chain of audit receipts
                            records, audit and these of graph speak to a running server: --url, --token, --tenant, --store
  slo apply FILE...         make or change objectives from OpenSLO v1 files or folders [--tenant T]
  slo export                objectives as OpenSLO v1 [--tenant T]
  slo rules                 recording and alert rules of the objectives that Prometheus measures [--tenant T]
  slo rules contract        the fourteen rules of Rails & Guarantees, corrected [--name JOB]
  slo rules alertmanager    a configuration of Alertmanager for them
  help                      this text

  --empty                   start without sample data (SAMPLE_DATA=off)
  --data DIR                folder of the embedded store (DATA_DIR)
  --port N, --host ADDRESS  where to listen (PORT, HOST)
  -h, --help                this text
  -v, --version             the version

Settings are read from the environment; a secret also from a file, by its name with _FILE:
`

function wrap(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].map((part) => indent + part).join('\n')
}

/** The whole `--help`: every setting with its default, from the one list that also reads them. */
export function helpText(): string {
  const groups = new Map<string, string[]>()
  for (const { names, group, shown, help } of describeSettings()) {
    const fallback = shown === '' ? 'not set' : shown
    const entry = `  ${names.join(', ')} (${fallback})\n${wrap(help.replaceAll('`', ''), '      ')}`
    groups.set(group, [...(groups.get(group) ?? []), entry])
  }
  return head + [...groups].map(([group, entries]) => `\n${group}\n${entries.join('\n')}\n`).join('')
}
