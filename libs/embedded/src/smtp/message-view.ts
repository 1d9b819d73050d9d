import type { RequestListener, ServerResponse } from 'node:http';
import type { MessageStore } from './message-store.ts';

/** What the stack and its checks read the sink through. */
export function messageView(store: MessageStore): RequestListener {
  return (request, response) => {
    switch (`${request.method} ${request.url}`) {
      case 'GET /messages':
        store.list().then(
          (messages) => answer(response, 200, messages),
          (error: unknown) => answer(response, 500, { detail: String(error) }),
        );
        break;
      case 'DELETE /messages':
        store.clear().then(
          () => response.writeHead(204).end(),
          (error: unknown) => answer(response, 500, { detail: String(error) }),
        );
        break;
      case 'GET /health':
        answer(response, 200, { status: 'ok' });
        break;
      default:
        answer(response, 404, { detail: 'There are GET /messages, DELETE /messages and GET /health.' });
    }
  };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
