import { Body, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { DeadLetters } from '../dead-letter/dead-letters.ts';
import { BlockedKeysQuery, KeyParams } from './admin.queries.ts';
import { KeyRedriveRequest } from './admin.requests.ts';
import { AdminController } from './admin-controller.decorator.ts';
import { BlockedKeyPageResponse, ChangedResponse } from './dead-letter.responses.ts';

@AdminController('messaging/keys')
export class BlockedKeysController {
  readonly #deadLetters: DeadLetters;

  constructor(@Inject(DeadLetters) deadLetters: DeadLetters) {
    this.#deadLetters = deadLetters;
  }

  @Get('blocked')
  @ApiOperation({ summary: 'Keys whose messages wait in the database' })
  @ApiOkResponse({ type: BlockedKeyPageResponse })
  async blocked(@Query() query: BlockedKeysQuery): Promise<BlockedKeyPageResponse> {
    const { items, next } = await this.#deadLetters.blockedKeys(query);
    return { items: items.map((item) => ({ ...item, since: item.since.toISOString() })), next };
  }

  @Post(':key/redrive')
  @HttpCode(202)
  @ApiOperation({ summary: 'Redrive the dead letters of a key, in order, or none of them' })
  @ApiAcceptedResponse({ type: ChangedResponse })
  @ApiNotFoundResponse({ description: 'Problem: the key has no dead letter.' })
  @ApiConflictResponse({ description: 'Problem: no handler knows one of them; nothing was changed.' })
  async redrive(@Param() { key }: KeyParams, @Body() request: KeyRedriveRequest): Promise<ChangedResponse> {
    const { who, why, consumer } = request;
    return { ids: await this.#deadLetters.redriveAll({ key, consumer }, { who, why }) };
  }
}
