import { isPrepared, prepared } from './prepared.ts';

/** Changes the text of a statement. */
export type Rename = (text: string) => string;

/**
 * Makes `messaging.outbox` and `CREATE SCHEMA messaging` name another schema. For the constant texts of a library whose tables may be
 * in another schema than the texts say; a literal that looks alike would be changed as well.
 *
 * @param from lower case letters, digits and underscores, as the texts have it
 * @param to any name; it is quoted
 */
export function renameSchema(from: string, to: string): Rename {
  const names = new RegExp(`\\b${from}(?=\\.[a-z_])|(?<=SCHEMA )${from}\\b`, 'g');
  const quoted = `"${to.replaceAll('"', '""')}"`;
  return (text) => {
    const renamed = text.replaceAll(names, quoted);
    return isPrepared(text) ? prepared(renamed) : renamed;
  };
}
