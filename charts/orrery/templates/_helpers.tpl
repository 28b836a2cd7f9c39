{{- define "orrery.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "orrery.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else if contains (include "orrery.name" .) .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "orrery.name" .) | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "orrery.selectorLabels" -}}
app.kubernetes.io/name: {{ include "orrery.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "orrery.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{ include "orrery.selectorLabels" . }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "orrery.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}{{ default (include "orrery.fullname" .) .Values.serviceAccount.name }}{{ else }}{{ default "default" .Values.serviceAccount.name }}{{ end }}
{{- end }}

{{- define "orrery.image" -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end }}

{{/* The port of an address: its own, or that of its scheme. */}}
{{- define "orrery.portOf" -}}
{{- $url := urlParse . -}}
{{- $usual := dict "http" "80" "https" "443" "nats" "4222" "tls" "4222" -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (get $usual $url.scheme) | default "7687" -}}
{{- end }}

{{/* What no schema can say of single values. */}}
{{- define "orrery.check" -}}
{{- if lt (int .Values.terminationGracePeriodSeconds) (int (add .Values.drainSeconds .Values.preStopSeconds 5)) }}
{{- fail "terminationGracePeriodSeconds must be at least drainSeconds + preStopSeconds + 5: streams would be cut off" }}
{{- end }}
{{- if .Values.embedded }}
{{- if or (gt (int .Values.replicaCount) 1) .Values.autoscaling.enabled .Values.subgraphs }}{{ fail "embedded allows one process: replicaCount 1, no autoscaling, no subgraphs" }}{{ end }}
{{- else }}
{{- if not .Values.nats.url }}{{ fail "nats.url is missing (or set embedded)" }}{{ end }}
{{- if not .Values.postgres.host }}{{ fail "postgres.host is missing (or set embedded)" }}{{ end }}
{{- if not .Values.redis.host }}{{ fail "redis.host is missing (or set embedded)" }}{{ end }}
{{- end }}
{{- if and (or (eq .Values.auth.mode "jwt") (eq .Values.auth.mode "both")) (not .Values.auth.jwksUrl) (not .Values.auth.existingSecret) }}
{{- fail "auth.mode takes tokens: set auth.jwksUrl or auth.existingSecret" }}
{{- end }}
{{- end }}

{{- define "orrery.secretEnv" -}}
{{- if .from.existingSecret }}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .from.existingSecret }}
      key: {{ .from.existingSecretKey }}
{{- end }}
{{- end }}

{{- define "orrery.env" -}}
- name: NODE_ENV
  value: production
- name: HOST
  value: 0.0.0.0
- name: PORT
  value: {{ .Values.service.targetPort | quote }}
- name: DRAIN_TIMEOUT_MS
  value: {{ mul .Values.drainSeconds 1000 | quote }}
- name: TRUST_PROXY
  value: {{ ternary "on" "off" .Values.ingress.enabled | quote }}
- name: AUTH_MODE
  value: {{ .Values.auth.mode }}
{{- range $name, $value := dict "JWKS_URL" .Values.auth.jwksUrl "JWT_ISSUER" .Values.auth.issuer "JWT_AUDIENCE" .Values.auth.audience "PROMETHEUS_URL" .Values.prometheus.url "ALERTMANAGER_URL" .Values.alertmanager.url }}
{{- if $value }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end }}
{{- include "orrery.secretEnv" (dict "name" "JWT_SECRET" "from" .Values.auth) }}
{{- include "orrery.secretEnv" (dict "name" "CURSOR_KEYS" "from" .Values.cursors) }}
{{- if .Values.embedded }}
- name: EMBEDDED
  value: "on"
- name: DATA_DIR
  value: /data/store
{{- else }}
- name: NATS_URL
  value: {{ .Values.nats.url | quote }}
- name: NATS_CREATE_STREAMS
  value: {{ ternary "on" "off" .Values.nats.createStreams | quote }}
{{- if .Values.nats.existingSecret }}
- name: NATS_CREDS_PATH
  value: /etc/orrery/nats/{{ .Values.nats.existingSecretKey }}
{{- end }}
- name: POSTGRES_HOST
  value: {{ .Values.postgres.host | quote }}
- name: POSTGRES_PORT
  value: {{ .Values.postgres.port | quote }}
- name: POSTGRES_DB
  value: {{ .Values.postgres.database | quote }}
- name: POSTGRES_USER
  value: {{ .Values.postgres.user | quote }}
{{- include "orrery.secretEnv" (dict "name" "POSTGRES_PASSWORD" "from" .Values.postgres) }}
- name: REDIS_HOST
  value: {{ .Values.redis.host | quote }}
- name: REDIS_PORT
  value: {{ .Values.redis.port | quote }}
{{- include "orrery.secretEnv" (dict "name" "REDIS_PASSWORD" "from" .Values.redis) }}
{{- if .Values.neo4j.uri }}
- name: NEO4J_URI
  value: {{ .Values.neo4j.uri | quote }}
- name: NEO4J_USER
  value: {{ .Values.neo4j.user | quote }}
{{- include "orrery.secretEnv" (dict "name" "NEO4J_PASSWORD" "from" .Values.neo4j) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "orrery.probe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
{{ omit . "path" "port" | toYaml }}
{{- end }}

{{/* One Deployment: { root, component, roles, replicas (null = the autoscaler's), resources, subgraphs } */}}
{{- define "orrery.deployment" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $component := .component -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "orrery.fullname" $root }}-{{ $component }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "orrery.labels" $root | nindent 4 }}
    app.kubernetes.io/component: {{ $component }}
spec:
  {{- if .replicas }}
  replicas: {{ .replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  strategy:
    {{- if $values.embedded }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate:
      maxUnavailable: 0
      maxSurge: 1
    {{- end }}
  selector:
    matchLabels:
      {{- include "orrery.selectorLabels" $root | nindent 6 }}
      app.kubernetes.io/component: {{ $component }}
  template:
    metadata:
      labels:
        {{- include "orrery.labels" $root | nindent 8 }}
        app.kubernetes.io/component: {{ $component }}
        {{- with $values.podLabels }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with $values.podAnnotations }}
      annotations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      {{- include "orrery.podSpec" (dict "root" $root) | nindent 6 }}
      terminationGracePeriodSeconds: {{ $values.terminationGracePeriodSeconds }}
      affinity:
        {{- if $values.affinity }}
        {{- toYaml $values.affinity | nindent 8 }}
        {{- else }}
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                topologyKey: kubernetes.io/hostname
                labelSelector:
                  matchLabels:
                    {{- include "orrery.selectorLabels" $root | nindent 20 }}
                    app.kubernetes.io/component: {{ $component }}
        {{- end }}
      topologySpreadConstraints:
        {{- if $values.topologySpreadConstraints }}
        {{- toYaml $values.topologySpreadConstraints | nindent 8 }}
        {{- else }}
        - maxSkew: 1
          topologyKey: topology.kubernetes.io/zone
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              {{- include "orrery.selectorLabels" $root | nindent 14 }}
              app.kubernetes.io/component: {{ $component }}
        {{- end }}
      containers:
        - name: orrery
          image: {{ include "orrery.image" $root }}
          imagePullPolicy: {{ $values.image.pullPolicy }}
          args: [serve]
          env:
            {{- include "orrery.env" $root | nindent 12 }}
            - name: ROLES
              value: {{ .roles | quote }}
            {{- if .subgraphs }}
            - name: SUBGRAPHS
              value: {{ join "," .subgraphs | quote }}
            {{- end }}
            {{- with $values.extraEnv }}
            {{- toYaml . | nindent 12 }}
            {{- end }}
          {{- with $values.extraEnvFrom }}
          envFrom:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          ports:
            - name: http
              containerPort: {{ $values.service.targetPort }}
              protocol: TCP
          startupProbe:
            {{- include "orrery.probe" $values.probes.startup | nindent 12 }}
          livenessProbe:
            {{- include "orrery.probe" $values.probes.liveness | nindent 12 }}
          readinessProbe:
            {{- include "orrery.probe" $values.probes.readiness | nindent 12 }}
          lifecycle:
            preStop:
              exec:
                command: [sleep, {{ $values.preStopSeconds | quote }}]
          resources:
            {{- toYaml .resources | nindent 12 }}
          securityContext:
            {{- toYaml $values.securityContext | nindent 12 }}
          volumeMounts:
            {{- include "orrery.volumeMounts" $root | nindent 12 }}
      volumes:
        {{- include "orrery.volumes" $root | nindent 8 }}
{{- end }}

{{- define "orrery.podSpec" -}}
{{- $values := .root.Values -}}
serviceAccountName: {{ include "orrery.serviceAccountName" .root }}
automountServiceAccountToken: false
# a Service called nats or redis would otherwise set NATS_PORT and REDIS_PORT to addresses
enableServiceLinks: false
{{- with $values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
securityContext:
  {{- toYaml $values.podSecurityContext | nindent 2 }}
{{- with $values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "orrery.volumeMounts" -}}
- name: tmp
  mountPath: /tmp
{{- if .Values.embedded }}
- name: data
  mountPath: /data
{{- end }}
{{- if .Values.nats.existingSecret }}
- name: nats
  mountPath: /etc/orrery/nats
  readOnly: true
{{- end }}
{{- end }}

{{- define "orrery.volumes" -}}
- name: tmp
  emptyDir: {}
{{- if .Values.embedded }}
- name: data
  persistentVolumeClaim:
    claimName: {{ include "orrery.fullname" . }}
{{- end }}
{{- if .Values.nats.existingSecret }}
- name: nats
  secret:
    secretName: {{ .Values.nats.existingSecret }}
{{- end }}
{{- end }}

{{/* One Service: { root, component } */}}
{{- define "orrery.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "orrery.fullname" .root }}{{ if ne .component "api" }}-{{ .component }}{{ end }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "orrery.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  type: {{ .type | default "ClusterIP" }}
  ports:
    - name: http
      port: {{ .root.Values.service.port }}
      targetPort: http
      protocol: TCP
  selector:
    {{- include "orrery.selectorLabels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "orrery.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ include "orrery.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "orrery.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
spec:
  maxUnavailable: {{ .root.Values.podDisruptionBudget.maxUnavailable }}
  selector:
    matchLabels:
      {{- include "orrery.selectorLabels" .root | nindent 6 }}
      app.kubernetes.io/component: {{ .component }}
{{- end }}
