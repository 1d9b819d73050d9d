import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { STATUS_CODES } from 'node:http';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { Problem, PROBLEM_TYPE } from './problem.exception.ts';
import { problemOf } from './problem-of.ts';

/** Statuses of what Node's HTTP parser refuses; everything else is a 400. */
const PARSER_STATUS: Record<string, number> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/** Answers a path that the router cannot read. Nest's filters run for routed requests only. */
export function refuseUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const problem = problemOf(error);
  const body = problem.body(`urn:uuid:${randomUUID()}`);
  void reply.code(problem.getStatus()).type(PROBLEM_TYPE).send(JSON.stringify(body));
}

/** Answers bytes that are not HTTP: there is no request, only a socket. */
export function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // The caller has gone: nobody is left to answer.
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = PARSER_STATUS[error.code ?? ''] ?? 400;
  const problem = new Problem({ status, detail: 'The request is not valid HTTP.' });
  const body = JSON.stringify(problem.body(`urn:uuid:${randomUUID()}`));
  const head = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? 'Error'}`,
    `content-type: ${PROBLEM_TYPE}`,
    `content-length: ${String(Buffer.byteLength(body))}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
