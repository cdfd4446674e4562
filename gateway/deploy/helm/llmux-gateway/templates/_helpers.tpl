{{- define "llmux.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "llmux.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "llmux.name" . -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "llmux.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: llmux
{{- end -}}

{{/* Labels by which pods are found: context and component. */}}
{{- define "llmux.selector" -}}
app.kubernetes.io/name: {{ include "llmux.name" .context }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "llmux.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "llmux.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* The largest number of pods. */}}
{{- define "llmux.pods" -}}
{{- ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- end -}}

{{/* config.yaml: proxy_config, with the number of pods that share limits through Redis. */}}
{{- define "llmux.config" -}}
{{- $config := deepCopy .Values.proxy_config -}}
{{- $pods := include "llmux.pods" . | int -}}
{{- if gt $pods 1 -}}
{{- $given := get $config "llmux_settings" | default dict -}}
{{- $config = set $config "llmux_settings" (mergeOverwrite (dict "processes" $pods) $given) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* Secret and key of the admin key, of the database's and of Redis' password. */}}
{{- define "llmux.masterSecret" -}}
{{- default (printf "%s-masterkey" (include "llmux.fullname" .)) .Values.masterkeySecretName -}}
{{- end -}}
{{- define "llmux.masterSecretKey" -}}
{{- if .Values.masterkeySecretName -}}{{ .Values.masterkeySecretKey }}{{- else -}}masterkey{{- end -}}
{{- end -}}
{{- define "llmux.postgresSecret" -}}
{{- default (printf "%s-postgresql" (include "llmux.fullname" .)) .Values.postgresql.auth.existingSecret -}}
{{- end -}}
{{- define "llmux.postgresSecretKey" -}}
{{- if .Values.postgresql.auth.existingSecret -}}{{ .Values.postgresql.auth.secretKeys.userPasswordKey }}{{- else -}}password{{- end -}}
{{- end -}}
{{- define "llmux.redisSecret" -}}
{{- default (printf "%s-redis" (include "llmux.fullname" .)) .Values.redis.auth.existingSecret -}}
{{- end -}}
{{- define "llmux.redisSecretKey" -}}
{{- if .Values.redis.auth.existingSecret -}}{{ .Values.redis.auth.existingSecretPasswordKey }}{{- else -}}redis-password{{- end -}}
{{- end -}}

{{/* A value of a Secret: the given one, that of the installed release, or a random one. */}}
{{- define "llmux.keptSecret" -}}
{{- $known := (lookup "v1" "Secret" .context.Release.Namespace .name) | default dict -}}
{{- $data := (get $known "data") | default dict -}}
{{- if .given -}}
{{- .given | b64enc -}}
{{- else if hasKey $data .key -}}
{{- get $data .key -}}
{{- else -}}
{{- printf "%s%s" .prefix (randAlphaNum 40) | b64enc -}}
{{- end -}}
{{- end -}}

{{/* Not empty if proxy_config holds a secret itself, and not only the name of its variable: it is a Secret then, not a ConfigMap. */}}
{{- define "llmux.configIsSecret" -}}
{{- $secret := "(?mi)^[ -]*[a-z0-9_]*(key|token|secret|password|credentials|database_url|authorization)[\"']?: +[^ \\n].*$" -}}
{{- range regexFindAll $secret (toYaml .Values.proxy_config) -1 -}}
{{- if not (regexMatch ": +[\"']?(os\\.environ/|true$|false$|null$|[0-9.]+$)" .) -}}yes{{- end -}}
{{- end -}}
{{- if regexMatch "://[^/@ ]+:[^/@ ]+@" (toYaml .Values.proxy_config) -}}yes{{- end -}}
{{- end -}}

{{/* Names of the variables that the values set: they take precedence over those of the chart. */}}
{{- define "llmux.named" -}}
{{- range .Values.env }}{{ .name }},{{ end }}{{ range $name, $_ := .Values.envVars }}{{ $name }},{{ end -}}
{{- end -}}

{{- define "llmux.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .user }}
runAsGroup: {{ .user }}
fsGroup: {{ .user }}
seccompProfile:
  type: RuntimeDefault
{{- end -}}
{{- define "llmux.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}
