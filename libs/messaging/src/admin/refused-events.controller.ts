import { Body, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNotFoundResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { RefusedEvents } from '../outbox/refused-events.ts';
import { MessageIdParams, PageQuery } from './admin.queries.ts';
import { ReasonRequest } from './admin.requests.ts';
import { AdminController } from './admin-controller.decorator.ts';
import { DecidedResponse, RefusedEventsResponse } from './refused-event.responses.ts';

const NONE = { description: 'Problem: no refused event has this id (any more).' };

@AdminController('messaging/refused-events')
export class RefusedEventsController {
  readonly #events: RefusedEvents;

  constructor(@Inject(RefusedEvents) events: RefusedEvents) {
    this.#events = events;
  }

  @Get()
  @ApiOperation({
    summary: 'Events that the broker refuses permanently, the oldest first; each holds up its key',
  })
  @ApiOkResponse({ type: RefusedEventsResponse })
  async list(@Query() { limit }: PageQuery): Promise<RefusedEventsResponse> {
    const events = await this.#events.list(limit);
    return { items: events.map((event) => ({ ...event, refusedAt: event.refusedAt.toISOString() })) };
  }

  @Post(':messageId/retry')
  @HttpCode(202)
  @ApiOperation({ summary: 'Publish it again, then what waits behind it' })
  @ApiAcceptedResponse({ type: DecidedResponse })
  @ApiNotFoundResponse(NONE)
  async retry(
    @Param() { messageId }: MessageIdParams,
    @Body() { who, why }: ReasonRequest,
  ): Promise<DecidedResponse> {
    await this.#events.retry(messageId, { who, why });
    return { messageId };
  }

  @Post(':messageId/discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give it up permanently; what waits behind it is published' })
  @ApiOkResponse({ type: DecidedResponse })
  @ApiNotFoundResponse(NONE)
  async discard(
    @Param() { messageId }: MessageIdParams,
    @Body() { who, why }: ReasonRequest,
  ): Promise<DecidedResponse> {
    await this.#events.discard(messageId, { who, why });
    return { messageId };
  }
}
