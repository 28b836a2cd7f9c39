import { stringify } from 'yaml'

export interface ContractRulesOptions {
  /** The scrape job of the engine. */
  readonly job?: string
  /** Of rule 5. */
  readonly burnRateThreshold?: number
}

interface AlertRule {
  readonly alert: string
  readonly expr: string
  readonly for?: string
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: Readonly<Record<string, string>>
}

/** The contract's rules, corrected (contract: guarantees 4); each is aggregated and asks for traffic. */
export function contractRules({ job = 'rails-guarantees-engine', burnRateThreshold = 2 }: ContractRulesOptions = {}): {
  name: string
  rules: AlertRule[]
}[] {
  const J = `job="${job.replace(/["\\]/g, '\\$&')}"`
  const p95 = (metric: string, above: number): string =>
    `histogram_quantile(0.95, sum by (le) (rate(${metric}_bucket{${J}}[5m]))) > ${above} and sum(increase(${metric}_count{${J}}[5m])) >= 20`
  const errors = (window: string): string =>
    `(sum(rate(http_requests_total{${J},code=~"5.."}[${window}])) or vector(0)) / sum(rate(http_requests_total{${J}}[${window}]))`
  const accepted = (name: string): string =>
    `sum(increase(invariant_violations_total{${J},invariant_name="${name}",severity="error",outcome="accepted"}[5m])) > 0`
  const rule = (alert: string, lasting: string, labels: Record<string, string>, expr: string, summary: string): AlertRule => ({
    ...{ alert, expr, labels, annotations: { summary } },
    ...(lasting === '0m' ? {} : { for: lasting }),
  })
  const slo = (severity: string, name: string) => ({ severity, slo: name })
  const category = (severity: string, name: string) => ({ severity, category: name })
  return [
    {
      name: 'rails_guarantees_slo',
      rules: [
        rule(
          'ResponseTimeP95High',
          '2m',
          slo('warning', 'response_time_p95'),
          p95('http_request_duration_seconds', 0.4),
          'p95 of responses above 400 ms',
        ),
        rule(
          'ResponseTimeP95Critical',
          '1m',
          slo('critical', 'response_time_p95'),
          p95('http_request_duration_seconds', 0.8),
          'p95 of responses above 800 ms',
        ),
        rule(
          'TicketVerifyP95High',
          '2m',
          slo('warning', 'ticket_verify_p95'),
          p95('ticket_verification_duration_seconds', 0.025),
          'p95 of ticket verifications above 25 ms',
        ),
        rule(
          'TicketVerifyP95Critical',
          '1m',
          slo('critical', 'ticket_verify_p95'),
          p95('ticket_verification_duration_seconds', 0.05),
          'p95 of ticket verifications above 50 ms',
        ),
        rule(
          'AvailabilityLow',
          '5m',
          slo('warning', 'availability'),
          `1 - ${errors('5m')} < 0.999 and sum(increase(http_requests_total{${J}}[5m])) >= 1000`,
          'Fewer than 99.9 % of requests succeed',
        ),
        rule(
          'ErrorBudgetBurnRateHigh',
          '5m',
          slo('warning', 'error_budget'),
          `${errors('1h')} / 0.001 > ${burnRateThreshold} and ${errors('5m')} / 0.001 > ${burnRateThreshold} and sum(increase(http_requests_total{${J}}[1h])) >= 500`,
          'The error budget burns too fast',
        ),
      ],
    },
    {
      name: 'rails_guarantees_invariants',
      rules: [
        rule(
          'InvariantViolationsHigh',
          '1m',
          category('critical', 'invariant'),
          `sum by (invariant_name) (rate(invariant_violations_total{${J},severity="error"}[5m])) > 0.01`,
          'More than three violations in five minutes',
        ),
        rule(
          'TTLEnforcementFailure',
          '0m',
          category('critical', 'security'),
          accepted('ticket_ttl_enforcement'),
          'A ticket past its time was accepted',
        ),
        rule(
          'NonceUniquenessViolation',
          '0m',
          category('critical', 'security'),
          accepted('nonce_uniqueness'),
          'A nonce was accepted twice',
        ),
      ],
    },
    {
      name: 'rails_guarantees_performance',
      rules: [
        rule(
          'PerformanceBudgetExceeded',
          '2m',
          category('warning', 'performance'),
          `sum by (resource_type, violation_reason) (increase(performance_budget_violations_total{${J}}[5m])) > 0`,
          'A performance budget was exceeded',
        ),
        rule(
          'MemoryUsageHigh',
          '5m',
          category('warning', 'performance'),
          `max by (instance) (process_resident_memory_bytes{${J}}) / 1048576 > 512`,
          'More than 512 MiB in use',
        ),
      ],
    },
    {
      name: 'rails_guarantees_security',
      rules: [
        rule(
          'SecurityEventDetected',
          '1m',
          category('warning', 'security'),
          `sum by (event_type) (rate(security_events_total{${J}}[5m])) > 0.1`,
          'Thirty security events in five minutes',
        ),
        rule(
          'PotentialReplayAttack',
          '0m',
          category('critical', 'security'),
          `sum(increase(security_events_total{${J},event_type="replay_attempt"}[5m])) > 2.5`,
          'Three replays in five minutes',
        ),
      ],
    },
    {
      name: 'rails_guarantees_artifacts',
      rules: [
        rule(
          'ArtifactGenerationFailure',
          '1m',
          category('warning', 'artifacts'),
          `sum by (artifact_type) (increase(artifact_generation_failures_total{${J}}[5m])) > 0`,
          'An artifact could not be made',
        ),
        rule(
          'SBOMGenerationFailure',
          '1m',
          category('warning', 'compliance'),
          `sum(increase(sbom_generation_failures_total{${J}}[5m])) > 0`,
          'An SBOM could not be made',
        ),
      ],
    },
  ]
}

export const contractRulesYaml = (options: ContractRulesOptions = {}): string =>
  stringify({ groups: contractRules(options) }, { lineWidth: 0 })

/**
 * Alertmanager's part (contract: guarantees 4), as it starts: secrets in files, `matchers`, inhibitions that match because twins share `slo`, a route for
 * every category.
 * @param webhookUrl where Orrery's `/alerts/security` is; the token lies in `tokenFile`
 */
export function alertmanagerConfig({
  webhookUrl,
  tokenFile,
  slackFile,
}: {
  webhookUrl: string
  tokenFile: string
  slackFile: string
}): string {
  const webhook = {
    webhook_configs: [
      { url: webhookUrl, send_resolved: true, http_config: { authorization: { type: 'Bearer', credentials_file: tokenFile } } },
    ],
  }
  const slack = (channel: string) => ({
    slack_configs: [
      {
        api_url_file: slackFile,
        channel,
        send_resolved: true,
        title: '{{ .CommonLabels.alertname }}',
        text: '{{ .CommonAnnotations.summary }}',
      },
    ],
  })
  const route = (receiver: string, matchers: string[], wait: string, repeat: string) => ({
    receiver,
    matchers,
    group_wait: wait,
    repeat_interval: repeat,
  })
  return stringify(
    {
      route: {
        ...{
          receiver: 'default',
          group_by: ['alertname', 'cluster', 'service'],
          group_wait: '30s',
          group_interval: '5m',
          repeat_interval: '12h',
        },
        routes: [
          route('security-team', ['severity="critical"', 'category="security"'], '10s', '5m'),
          route('sre-team', ['slo=~"response_time_p95|ticket_verify_p95|availability|error_budget"'], '30s', '30m'),
          route('sre-team', ['alertname="SloBurnRate"'], '30s', '30m'),
          route('performance-team', ['category="performance"'], '2m', '1h'),
          route('development-team', ['category="invariant"'], '1m', '15m'),
          route('development-team', ['category=~"artifacts|compliance"'], '1m', '12h'),
          route('security-team', ['category="security"'], '30s', '1h'),
        ],
      },
      receivers: [
        { name: 'default' },
        { name: 'security-team', ...webhook },
        { name: 'sre-team', ...slack('#sre-alerts') },
        { name: 'performance-team', ...slack('#performance') },
        { name: 'development-team', ...slack('#development') },
      ],
      inhibit_rules: [
        { source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: ['slo'] },
        { source_matchers: ['severity="page"'], target_matchers: ['severity="ticket"'], equal: ['slo'] },
      ],
    },
    { lineWidth: 0 },
  )
}
