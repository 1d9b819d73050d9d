const SECRET_NAME = /(PASSWORD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|_KEY)$/;
const ADDRESS_NAME = /(URLS?|URI|SERVERS|DSN)$/;

/** How a variable's value may be shown to a reader of logs: no secret, no user name or password of an address. */
export function shownValue(variable: string, value: string | undefined): string {
  if (value === undefined) return 'nothing';
  if (value.trim() === '') return 'an empty value';
  if (SECRET_NAME.test(variable)) return 'a value that is not shown';
  if (ADDRESS_NAME.test(variable) && value.includes('@')) return `"${value.replace(/[^/,\s]*@/g, '***@')}"`;
  return JSON.stringify(value);
}
