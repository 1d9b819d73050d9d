import { Body, Get, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '@nestjs/swagger';
import { DeadLetters } from '../dead-letter/dead-letters.ts';
import { DeadLettersQuery, IdParams } from './admin.queries.ts';
import { BodyRequest, BulkRequest, ReasonRequest } from './admin.requests.ts';
import { AdminController } from './admin-controller.decorator.ts';
import {
  ChangedResponse,
  DeadLetterDetailResponse,
  DeadLetterPageResponse,
} from './dead-letter.responses.ts';

const NONE = { description: 'Problem: there is no such dead letter (any more).' };
const NO_HANDLER = {
  description: 'Problem: no handler knows it, or the number differs; nothing was changed.',
};

@AdminController('messaging/dead-letters')
export class DeadLettersController {
  readonly #deadLetters: DeadLetters;

  constructor(@Inject(DeadLetters) deadLetters: DeadLetters) {
    this.#deadLetters = deadLetters;
  }

  @Get()
  @ApiOperation({ summary: 'Dead letters of this service, in the order in which they were parked' })
  @ApiOkResponse({ type: DeadLetterPageResponse })
  async list(@Query() query: DeadLettersQuery): Promise<DeadLetterPageResponse> {
    return await this.#deadLetters.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One of them, with headers, body, failed attempts, and who did what to it' })
  @ApiOkResponse({ type: DeadLetterDetailResponse })
  @ApiNotFoundResponse(NONE)
  async show(@Param() { id }: IdParams): Promise<DeadLetterDetailResponse> {
    const detail = await this.#deadLetters.show(id);
    const interventions = detail.interventions.map(({ at, who, why, action }) => ({
      at: at.toISOString(),
      who,
      why,
      action,
    }));
    return { ...detail, interventions };
  }

  @Post('redrive')
  @HttpCode(202)
  @ApiOperation({ summary: 'Redrive all that match, in order, or none' })
  @ApiAcceptedResponse({ type: ChangedResponse })
  @ApiConflictResponse(NO_HANDLER)
  async redriveAll(@Body() request: BulkRequest): Promise<ChangedResponse> {
    const { who, why, ...selection } = request;
    return { ids: await this.#deadLetters.redriveAll(selection, { who, why }) };
  }

  @Post('discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Discard all that match for good, or none' })
  @ApiOkResponse({ type: ChangedResponse })
  @ApiConflictResponse({ description: 'Problem: the number differs; nothing was changed.' })
  async discardAll(@Body() request: BulkRequest): Promise<ChangedResponse> {
    const { who, why, ...selection } = request;
    return { ids: await this.#deadLetters.discardAll(selection, { who, why }) };
  }

  @Post(':id/redrive')
  @HttpCode(202)
  @ApiOperation({ summary: 'Handle it again with its own id, then what waits behind it, in order' })
  @ApiAcceptedResponse({ type: ChangedResponse })
  @ApiNotFoundResponse(NONE)
  @ApiConflictResponse(NO_HANDLER)
  async redrive(@Param() { id }: IdParams, @Body() { who, why }: ReasonRequest): Promise<ChangedResponse> {
    await this.#deadLetters.redrive(id, { who, why });
    return { ids: [id] };
  }

  @Post(':id/discard')
  @HttpCode(200)
  @ApiOperation({ summary: 'Give it up for good; what waits behind it is handled in order' })
  @ApiOkResponse({ type: ChangedResponse })
  @ApiNotFoundResponse(NONE)
  async discard(@Param() { id }: IdParams, @Body() { who, why }: ReasonRequest): Promise<ChangedResponse> {
    await this.#deadLetters.discard(id, { who, why });
    return { ids: [id] };
  }

  @Put(':id/body')
  @ApiOperation({ summary: 'Replace its body; redrive it afterwards' })
  @ApiOkResponse({ type: ChangedResponse })
  @ApiNotFoundResponse(NONE)
  async edit(@Param() { id }: IdParams, @Body() request: BodyRequest): Promise<ChangedResponse> {
    const { who, why, body, bodyEncoding = 'utf8' } = request;
    await this.#deadLetters.edit(id, Buffer.from(body, bodyEncoding), { who, why });
    return { ids: [id] };
  }
}
