import type { Command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { reasonFrom } from '../flags.ts';
import { idsFrom } from '../ids.ts';
import type { LetterDetail } from '../letters.ts';
import { type Body, newBody } from '../new-body.ts';
import { oneService } from '../services.ts';

export const editLetter: Command = {
  name: 'dead-letters edit',
  summary: 'replace the body of one, in $EDITOR or as given; redrive it afterwards',
  usage: 'ID --service NAME --why TEXT [--body TEXT | --body-file FILE]',
  flags: ['body', 'body-file', 'who', 'why', 'yes'],
  async run({ values, words }) {
    const [id = 0] = idsFrom(words, 1);
    const reason = reasonFrom(values);
    const client = await oneService(values);
    const old = await client.get<LetterDetail>(`/dead-letters/${id}`);
    const wanted = newBody(values, old);
    if (wanted.body === old.body && wanted.bodyEncoding === old.bodyEncoding) {
      return {
        text: 'The body is the same: nothing was changed.',
        json: { service: client.service, ids: [] },
      };
    }
    const doubt = isJson(wanted) ? '' : 'The new body is no JSON. ';
    await confirm(`${doubt}Replace the body of ${client.service} ${id}?`, values.yes);
    await client.send('PUT', `/dead-letters/${id}/body`, { ...reason, ...wanted });
    const redrive = `orderflow dead-letters redrive ${id} --service ${client.service} --why ...`;
    return {
      text: `${client.service}: ${id} has its new body. To handle it: ${redrive}`,
      json: { service: client.service, ids: [id] },
    };
  },
};

function isJson({ body, bodyEncoding }: Body): boolean {
  try {
    JSON.parse(body);
    return bodyEncoding === 'utf8';
  } catch {
    return false;
  }
}
