import { type JsonObject, jsonObject } from '../json.test-support.ts';

export interface Answer {
  status: number;
  type: string | null;
  body: JsonObject;
}

export async function callJson(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  const type = response.headers.get('content-type');
  return { status: response.status, type, body: jsonObject(await response.text()) };
}

/** Sends a text as it is and anything else as JSON. */
export async function postJson(url: string, body: unknown, type = 'application/json'): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return await callJson(url, { method: 'POST', headers: { 'content-type': type }, body: text });
}
