import { type Bean, bean } from '../metrics/connect-names.ts'
import type { Labels } from '../metrics/exposition.ts'
import type { Metrics } from '../metrics/metrics.ts'
import { average, greatest } from '../metrics/observation.ts'
import type { Recorded } from '../metrics/recorded.ts'

/** The requests of the worker's own Kafka client, all together and node by node. */
export function clientBeans({ client, process, now }: Metrics, labels: Labels): Bean[] {
  const { all, nodes } = client
  const at = now()
  const loop = process.loop()
  const recent = process.recentLoop()
  const recentMs = recent.activeMs + recent.idleMs
  const connections = all.total('connections')
  const closes = all.total('closes')
  const accepted = all.total('authentications')
  const whole = bean('client', labels, {
    ...networkFigures(all, at),
    'connection-count': connections - closes,
    'connection-creation-total': connections,
    'connection-creation-rate': all.rate('connections', at),
    'connection-close-total': closes,
    'connection-close-rate': all.rate('closes', at),
    'network-io-total': all.total('requests') + all.total('responses'),
    'network-io-rate': all.rate('requests', at) + all.rate('responses', at),
    'select-total': loop.turns,
    'select-rate': (recent.turns * 1000) / recentMs,
    'io-time-ns-total': loop.activeMs * 1e6,
    'io-time-ns-avg': (recent.activeMs * 1e6) / recent.turns,
    'io-ratio': recent.activeMs / recentMs,
    'io-wait-time-ns-total': loop.idleMs * 1e6,
    'io-wait-time-ns-avg': (recent.idleMs * 1e6) / recent.turns,
    'io-wait-ratio': recent.idleMs / recentMs,
    'successful-authentication-total': accepted,
    'successful-authentication-rate': all.rate('authentications', at),
    'successful-authentication-no-reauth-total': accepted,
    'failed-authentication-total': all.total('refusals'),
    'failed-authentication-rate': all.rate('refusals', at),
    'successful-reauthentication-total': 0,
    'successful-reauthentication-rate': 0,
    'failed-reauthentication-total': 0,
    'failed-reauthentication-rate': 0,
    'reauthentication-latency-avg': Number.NaN,
    'reauthentication-latency-max': Number.NaN
  })
  // Without Kafka there is no node; a dashboard still finds the figures, which are 0.
  const known = nodes.size === 0 ? [['none', all] as const] : [...nodes]
  return [whole, ...known.map(([node, record]) => nodeBean(node, record, { labels, at }))]
}

function nodeBean(node: string, record: Recorded, { labels, at }: { labels: Labels; at: number }) {
  const latency = record.seen('latency_ms', at)
  return bean(
    'node',
    { ...labels, 'node-id': node },
    {
      ...networkFigures(record, at),
      'request-latency-avg': average(latency),
      'request-latency-max': greatest(latency)
    }
  )
}

function networkFigures(record: Recorded, at: number) {
  const request = record.seen('request_bytes', at)
  return {
    'request-total': record.total('requests'),
    'request-rate': record.rate('requests', at),
    'request-size-avg': average(request),
    'request-size-max': greatest(request),
    'response-total': record.total('responses'),
    'response-rate': record.rate('responses', at),
    'incoming-byte-total': record.total('bytes_in'),
    'incoming-byte-rate': record.rate('bytes_in', at),
    'outgoing-byte-total': record.total('bytes_out'),
    'outgoing-byte-rate': record.rate('bytes_out', at)
  }
}
