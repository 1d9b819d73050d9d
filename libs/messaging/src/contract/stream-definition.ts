import { MessagingError } from '../errors/messaging-error.ts';

/** A stream of facts that one service owns. Its events are published as `<prefix>.<key>.<event>`. */
export interface StreamDefinition {
  /** JetStream name: capitals, digits, `-`, `_`. */
  readonly name: string;
  /** First token of its subjects. */
  readonly prefix: string;
  /** The service that publishes to it, provisions it, and keeps what nobody can read. */
  readonly owner: string;
}

const NAME = /^[A-Z][A-Z0-9_-]{0,63}$/;
const TOKEN = /^[a-z][a-z0-9-]{0,31}$/;

/** @throws MessagingError `CONTRACT_INVALID` when a name could not be part of a subject */
export function defineStream(definition: StreamDefinition): StreamDefinition {
  if (!NAME.test(definition.name))
    throw invalid(`Stream name "${definition.name}" must match ${NAME.source}.`);
  if (!TOKEN.test(definition.prefix))
    throw invalid(`Subject prefix "${definition.prefix}" must match ${TOKEN.source}.`);
  return Object.freeze({ ...definition });
}

function invalid(message: string): MessagingError {
  return new MessagingError('CONTRACT_INVALID', message, { remedy: 'Correct the call of defineStream().' });
}
