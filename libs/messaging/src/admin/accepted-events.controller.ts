import { Body, HttpCode, Inject, Param, Post } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { MessagingError } from '../errors/messaging-error.ts';
import { MessagingRuntime } from '../runtime/messaging-runtime.ts';
import { StreamParams } from './admin.queries.ts';
import { ReasonRequest } from './admin.requests.ts';
import { AdminController } from './admin-controller.decorator.ts';
import { AcceptedResponse } from './refused-event.responses.ts';

@AdminController('messaging/streams')
export class AcceptedEventsController {
  readonly #runtime: MessagingRuntime;

  constructor(@Inject(MessagingRuntime) runtime: MessagingRuntime) {
    this.#runtime = runtime;
  }

  @Post(':stream/accept')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'After DATABASE_BEHIND_STREAM: let the events of this service in the stream, which its database does not know, stand as published',
  })
  @ApiOkResponse({ type: AcceptedResponse })
  @ApiNotFoundResponse({ description: 'Problem: the service does not own this stream.' })
  async accept(
    @Param() { stream }: StreamParams,
    @Body() { who, why }: ReasonRequest,
  ): Promise<AcceptedResponse> {
    const { acceptedEvents, options } = this.#runtime;
    if (!options.streams.some(({ name }) => name === stream)) throw notOwned(stream);
    if (acceptedEvents === undefined) throw notConnected();
    return { accepted: await acceptedEvents.accept(stream, { who, why }) };
  }
}

function notOwned(stream: string): MessagingError {
  return new MessagingError('NOT_FOUND', `This service does not own a stream ${stream}.`, {
    remedy: 'Ask the service that owns it.',
  });
}

function notConnected(): MessagingError {
  return new MessagingError('BROKER_UNREACHABLE', 'The service is not connected to NATS yet.', {
    remedy: 'Try again once it has started.',
  });
}
