import { appendFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type TemporaryDirectory, temporaryDirectory } from '@orderflow/testing';
import type { Fact } from '../domain/fact.ts';
import { FactFile } from './fact-file.ts';

let folder: TemporaryDirectory;
let file: string;

beforeEach(async () => {
  folder = await temporaryDirectory('sandbox');
  file = path.join(folder.path, 'deep', 'state.jsonl');
});

afterEach(async () => {
  await folder.remove();
});

function refund(chargeId: string): Fact {
  return { fact: 'refunded', refundId: `r-${chargeId}`, chargeId, at: '2026-01-01T00:00:00.000Z' };
}

describe('FactFile', () => {
  it('has a fact on disk when append resolves, without being closed', async () => {
    const opened = await FactFile.open(file);
    await Promise.all(['a', 'b', 'c'].map((id) => opened.file.append(refund(id))));
    const again = await FactFile.open(file);
    expect(again.facts).toEqual(['a', 'b', 'c'].map(refund));
    await Promise.all([opened.file.close(), again.file.close()]);
  });

  it('drops the half line of a write that a kill cut off, and goes on after it', async () => {
    const first = await FactFile.open(file);
    await first.file.append(refund('ä'));
    await first.file.close();
    await appendFile(file, '{"fact":"refunded","refundId":"r-cut","char');
    const second = await FactFile.open(file);
    expect(second.facts).toEqual([refund('ä')]);
    await second.file.append(refund('b'));
    await second.file.close();
    const third = await FactFile.open(file);
    expect(third.facts).toEqual([refund('ä'), refund('b')]);
    await third.file.close();
  });

  it('refuses a file that is damaged in its middle, naming line and remedy, and leaves it as it is', async () => {
    const first = await FactFile.open(file);
    await first.file.append(refund('a'));
    await first.file.close();
    await appendFile(file, 'damaged\n');
    const { size } = await stat(file);
    const message = expect.stringContaining('Line 2');
    await expect(FactFile.open(file)).rejects.toMatchObject({ code: 'STATE_FILE_DAMAGED', message });
    expect((await stat(file)).size).toBe(size);
  });

  it('answers for nothing more after a write has failed', async () => {
    const opened = await FactFile.open(file);
    await opened.file.close();
    await expect(opened.file.append(refund('a'))).rejects.toThrow();
    await expect(opened.file.append(refund('b'))).rejects.toThrow();
  });
});
