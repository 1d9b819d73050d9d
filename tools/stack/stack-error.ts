export type StackErrorCode =
  | 'already_running'
  | 'did_not_become_ready'
  | 'interrupted'
  | 'leftovers'
  | 'no_space'
  | 'not_built'
  | 'other_nats_nodes'
  | 'port_taken'
  | 'unknown_part'
  | 'unreadable_record'
  | 'usage';

/** What stops the embedded stack. The message ends with what to do about it. */
export class StackError extends Error {
  readonly code: StackErrorCode;
  readonly remedy: string;

  constructor(problem: { code: StackErrorCode; message: string; remedy: string; cause?: unknown }) {
    super(`${problem.message}\n${problem.remedy}`, { cause: problem.cause });
    this.name = 'StackError';
    this.code = problem.code;
    this.remedy = problem.remedy;
  }
}
