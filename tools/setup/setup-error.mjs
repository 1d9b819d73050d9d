/** What stops the set-up, with what to do about it. */
export class SetupError extends Error {
  /**
   * @param {string} code
   * @param {string} message
   * @param {string} remedy
   * @param {ErrorOptions} [options]
   */
  constructor(code, message, remedy, options) {
    super(message, options);
    this.name = 'SetupError';
    this.code = code;
    this.remedy = remedy;
  }
}
