import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../error-facts.ts';

/** The first Debian mirror that this machine's own apt sources name; undefined where it uses none. */
export async function debianMirror(aptDirectory = '/etc/apt'): Promise<string | undefined> {
  const folder = path.join(aptDirectory, 'sources.list.d');
  const names = (await readIfThere(() => readdir(folder))) ?? [];
  const files = [
    ...names.toSorted().map((name) => path.join(folder, name)),
    path.join(aptDirectory, 'sources.list'),
  ];
  for (const file of files) {
    const content = (await readIfThere(() => readFile(file, 'utf8'))) ?? '';
    const uris = file.endsWith('.sources') ? urisOfDeb822(content) : urisOfList(content);
    const mirror = uris.find((uri) => /^https?:\/\/\S+\/debian\/?$/.test(uri));
    if (mirror !== undefined) return mirror;
  }
  return undefined;
}

/** The newer format: paragraphs of fields. A value may go on in lines that begin with a blank. */
function urisOfDeb822(content: string): string[] {
  const lines = content.split('\n').filter((line) => !line.startsWith('#'));
  const paragraphs = lines.join('\n').split(/\n\s*\n/);
  const enabled = paragraphs.filter((paragraph) => !/^Enabled:\s*no\s*$/im.test(paragraph));
  const values = enabled.map((paragraph) => /^URIs:((?:.*)(?:\n[ \t].*)*)/im.exec(paragraph)?.[1] ?? '');
  return values.flatMap((value) => value.split(/\s+/).filter(Boolean));
}

/** The older format: `deb [options] uri suite component...`, one source a line. */
function urisOfList(content: string): string[] {
  const sources = content.matchAll(/^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)/gm);
  return [...sources].flatMap((match) => match[1] ?? []);
}

async function readIfThere<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}
