{{- define "penstock.name" -}}
{{- if contains "penstock" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-penstock" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Cluster-scoped objects carry the namespace too: two releases of one name in two namespaces do not fight. */}}
{{- define "penstock.clusterName" -}}
{{ printf "%s:%s" .Release.Namespace (include "penstock.name" .) }}
{{- end }}

{{- define "penstock.configurationService" -}}
{{ printf "%s-configuration" (include "penstock.name" .) }}
{{- end }}

{{- define "penstock.selector" -}}
app.kubernetes.io/name: penstock
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "penstock.labels" -}}
app.kubernetes.io/name: penstock
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: penstock
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "penstock.serviceAccount" -}}
{{ .Values.serviceAccount.name | default (include "penstock.name" .) }}
{{- end }}

{{- define "penstock.image" -}}
{{ .Values.image.repository }}{{ if hasPrefix "sha256:" .Values.image.tag }}@{{ else }}:{{ end }}{{ .Values.image.tag }}
{{- end }}

{{/* Not empty when the controller creates the AcceleratorProfiles: acceleratorprofiles.yaml says why. */}}
{{- define "penstock.createsProfiles" -}}
{{- if and .Values.acceleratorProfiles.install .Values.crds.install (not (.Capabilities.APIVersions.Has "penstock.dev/v1alpha1/AcceleratorProfile")) }}true{{ end }}
{{- end }}

{{/* As JSON: templates cannot return lists. */}}
{{- define "penstock.watchNamespaces" -}}
{{ .Values.watchNamespaces | default (list .Release.Namespace) | toJson }}
{{- end }}
