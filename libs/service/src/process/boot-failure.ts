export interface BootFailure {
  code: string;
  message: string;
  remedy?: string;
  /** From the nearest to the first. */
  causes?: string[];
}

/** What an error at boot means and what to do, in one text. */
export function bootFailure(error: unknown): BootFailure {
  if (!(error instanceof Error)) return { code: 'UNKNOWN', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  const own = 'remedy' in error && typeof error.remedy === 'string' ? error.remedy : REMEDIES[code];
  const causes = causesOf(error);
  return {
    code,
    message: error.message,
    ...(own !== undefined && { remedy: own }),
    ...(causes.length > 0 && { causes }),
  };
}

const MAX_CAUSES = 5;

/** The server's own words: drivers and libraries keep them as the cause of their errors. */
function causesOf(error: Error): string[] {
  const causes: string[] = [];
  let { cause } = error;
  while (cause instanceof Error && causes.length < MAX_CAUSES) {
    causes.push(`${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return causes;
}

const REMEDIES: Record<string, string> = {
  EADDRINUSE: 'Another process listens there: end it, or set PORT or OPS_PORT to a free port.',
  EADDRNOTAVAIL: 'Set HOST to an address of this machine.',
  EACCES: 'Set PORT to a port of 1024 or more, or grant the right to use this one.',
  ECONNREFUSED: 'Nothing listens there: start the server, or correct the address in the environment.',
  ENOTFOUND: 'Correct the host name in the environment.',
  ECONNRESET: 'The server ended the connection: see its log.',
  '28P01': 'Correct user and password in DATABASE_URL.',
  '28000': 'Correct user and password in DATABASE_URL.',
  '3D000': 'Create the database that DATABASE_URL names, or correct the name.',
};
