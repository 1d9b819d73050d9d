export type EmbeddedErrorCode =
  | 'already_running'
  | 'binaries_missing'
  | 'cannot_change_user'
  | 'checksum_mismatch'
  | 'command_failed'
  | 'nats_server_missing'
  | 'newer_data_directory'
  | 'no_space'
  | 'port_taken'
  | 'start_failed';

/** A part of the embedded stack that could not be had or started. The message ends with what to do about it. */
export class EmbeddedError extends Error {
  readonly code: EmbeddedErrorCode;
  readonly remedy: string;

  constructor(problem: { code: EmbeddedErrorCode; message: string; remedy: string; cause?: unknown }) {
    super(`${problem.message}\n${problem.remedy}`, { cause: problem.cause });
    this.name = 'EmbeddedError';
    this.code = problem.code;
    this.remedy = problem.remedy;
  }
}
