import { validate as configMap } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ConfigMap';
import { validate as deployment } from 'kubernetes-models/_schemas/IoK8sApiAppsV1Deployment';
import { validate as scaler } from 'kubernetes-models/_schemas/IoK8sApiAutoscalingV2HorizontalPodAutoscaler';
import { validate as job } from 'kubernetes-models/_schemas/IoK8sApiBatchV1Job';
import { validate as namespace } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Namespace';
import { validate as networkPolicy } from 'kubernetes-models/_schemas/IoK8sApiNetworkingV1NetworkPolicy';
import { validate as disruptionBudget } from 'kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget';
import { validate as priorityClass } from 'kubernetes-models/_schemas/IoK8sApiSchedulingV1PriorityClass';
import { validate as secret } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Secret';
import { validate as service } from 'kubernetes-models/_schemas/IoK8sApiCoreV1Service';
import { validate as serviceAccount } from 'kubernetes-models/_schemas/IoK8sApiCoreV1ServiceAccount';
import { validate as statefulSet } from 'kubernetes-models/_schemas/IoK8sApiAppsV1StatefulSet';
import { type Manifest, nameOf } from './manifest.ts';
import { Witness } from './witness.ts';

/** Compiled by the package from the OpenAPI document of Kubernetes. */
interface Schema {
  (value: unknown): boolean;
  errors?: readonly { instancePath: string; message?: string; keyword: string; params: object }[] | null;
}

const schemas: Readonly<Record<string, Schema>> = {
  'v1 ConfigMap': configMap,
  'v1 Namespace': namespace,
  'v1 Secret': secret,
  'v1 Service': service,
  'v1 ServiceAccount': serviceAccount,
  'apps/v1 Deployment': deployment,
  'apps/v1 StatefulSet': statefulSet,
  'autoscaling/v2 HorizontalPodAutoscaler': scaler,
  'batch/v1 Job': job,
  'networking.k8s.io/v1 NetworkPolicy': networkPolicy,
  'policy/v1 PodDisruptionBudget': disruptionBudget,
  'scheduling.k8s.io/v1 PriorityClass': priorityClass,
};

/** What the API server would refuse, or drop without a word. */
export function schemaViolations(manifest: Manifest): string[] {
  const schema = schemas[`${manifest.apiVersion} ${manifest.kind}`];
  if (schema === undefined)
    return [`${nameOf(manifest)}: there is no schema for ${manifest.apiVersion} here`];
  const witness = new Witness();
  if (!schema(witness.watch(manifest)))
    return (schema.errors ?? []).map(
      ({ instancePath, keyword, params }) =>
        `${nameOf(manifest)}${instancePath} breaks "${keyword}" ${JSON.stringify(params)}`,
    );
  // The schemas allow fields that they do not know, as the API server does; a misspelt field would be one of those.
  return witness
    .unread(manifest)
    .map((field) => `${nameOf(manifest)}${field} is no field of ${manifest.kind}`);
}
