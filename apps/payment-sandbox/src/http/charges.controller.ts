import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { bodyHash, IdempotencyKey, Problem } from '@orderflow/service';
import type { FastifyReply } from 'fastify';
import type { Captured, Declined } from '../domain/fact.ts';
import { behaviourOf, declineCode, TEST_TOKENS } from '../domain/token-behaviour.ts';
import { Ledger } from '../store/ledger.ts';
import { ChargeRequest } from './charge.request.ts';
import {
  type ChargeView,
  chargeView,
  listedCharge,
  type ListedCharge,
  withdrawnCharge,
} from './charge.view.ts';
import { HeldRequests } from './held-requests.ts';

/** The outcome of a call, and whether the caller gets to hear of it. */
interface Outcome {
  decision: Captured | Declined | 'fail' | undefined;
  answered: boolean;
}

@Controller('charges')
export class ChargesController {
  constructor(
    @Inject(Ledger) private readonly ledger: Ledger,
    @Inject(HeldRequests) private readonly held: HeldRequests,
  ) {}

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Charge a test token', description: tokenList() })
  @ApiHeader({ name: 'Idempotency-Key', required: true })
  @ApiResponse({ status: 201, description: 'Captured; the same for every further call with this key' })
  @ApiResponse({ status: 402, description: 'Declined; `code` says why' })
  @ApiResponse({ status: 422, description: 'Invalid content, or the key was used with another body' })
  @ApiResponse({ status: 503, description: 'Try again with the same key' })
  async charge(
    @IdempotencyKey() key: string | undefined,
    @Body() request: ChargeRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ChargeView> {
    if (key === undefined) throw missingKey();
    const { decision, answered } = await this.ledger.inTurn(`key ${key}`, () => this.decide(key, request));
    if (!answered) await this.held.hold(reply.raw);
    if (!answered || decision === 'fail' || decision === undefined) {
      throw new Problem({
        status: 503,
        detail: 'The provider is not available. Try again with the same key.',
      });
    }
    return chargeView(decision);
  }

  @Get()
  @ApiOperation({ summary: 'Every charge, oldest first' })
  list(): ListedCharge[] {
    const { book } = this.ledger;
    return book.charges().map((charge) => listedCharge(charge, book.refundOf(charge.chargeId)));
  }

  private async decide(key: string, request: ChargeRequest): Promise<Outcome> {
    const hash = bodyHash(request);
    const known = this.ledger.book.key(key);
    if (known !== undefined && known.bodyHash !== hash) throw otherBody();
    if (known?.decision !== undefined) return { decision: known.decision, answered: true };
    if (this.ledger.book.isWithdrawn(key)) throw withdrawnCharge();
    const call = { key, bodyHash: hash, at: new Date().toISOString() };
    const behaviour = behaviourOf(request.token, known?.undecided ?? 0);
    switch (behaviour) {
      case 'capture':
      case 'capture-silently': {
        const { amount, currency } = request;
        const capture: Captured = { fact: 'captured', ...call, chargeId: randomUUID(), amount, currency };
        return { decision: await this.ledger.record(capture), answered: behaviour === 'capture' };
      }
      case 'decline':
        return {
          decision: await this.ledger.record({ fact: 'declined', ...call, code: declineCode(request.token) }),
          answered: true,
        };
      case 'fail':
      case 'silence':
        await this.ledger.record({ fact: 'called', ...call });
        return { decision: 'fail', answered: behaviour === 'fail' };
    }
  }
}

export function missingKey(): Problem {
  const errors = [{ field: 'Idempotency-Key', message: 'is required' }];
  return new Problem({ status: 400, detail: 'A charge needs the header Idempotency-Key.', errors });
}

function otherBody(): Problem {
  const errors = [{ field: 'Idempotency-Key', message: 'was used with another body' }];
  return new Problem({ status: 422, detail: 'This Idempotency-Key was used with another body.', errors });
}

function tokenList(): string {
  return Object.entries(TEST_TOKENS)
    .map(([token, effect]) => `- \`${token}\`: ${effect}`)
    .join('\n');
}
