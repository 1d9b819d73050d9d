import path from 'node:path';
import type { Rule } from 'eslint';
import { boundaries, domainUses, isSpec, projectOf, reserved, sideDoors } from './boundaries.ts';
import { onEachImport } from './each-import.ts';
import { workspacePath } from './workspace-path.ts';

interface Place {
  readonly file: string;
  readonly project: string;
  readonly inDomain: boolean;
}

interface Refusal {
  readonly messageId: string;
  readonly data?: Record<string, string>;
}

/** Refuses every import that has no arrow in `boundaries.ts`, in whatever form it is written. */
export const boundary: Rule.RuleModule = {
  meta: {
    type: 'problem',
    schema: [],
    messages: {
      unknownProject: '{{folder}} is not in tools/lint/boundaries.ts. Add it there, with what it may import.',
      leavesProject: 'A relative import must stay in {{project}}. Import the other project by its name.',
      ownName: '{{project}} must not import itself by name. Import the file that defines the symbol.',
      deepImport:
        "'{{specifier}}' reaches into a package. Import from '{{door}}' and export what is missing there.",
      noArrow: '{{project}} must not import {{target}} (tools/lint/boundaries.ts says what it may).',
      testsOnly: '{{target}} may be imported from the specs of {{project}} only, not from its sources.',
      reserved: "'{{specifier}}' belongs behind {{projects}}.",
      impureDomain: "'{{specifier}}' must not be imported in src/domain/: plain functions and types only.",
    },
  },
  create(context) {
    const file = workspacePath(context);
    const project = projectOf(file);
    if (project === undefined) return refuseUnknown(context, file);
    const place = { file, project, inDomain: file.startsWith(`${project}/src/domain/`) };
    return onEachImport((specifier, node) => {
      const refusal = refusalOf(specifier, place);
      if (refusal !== undefined) context.report({ node, ...refusal });
    });
  },
};

function refuseUnknown(context: Rule.RuleContext, file: string): Rule.RuleListener {
  if (!/^(apps|libs)\//.test(file)) return {};
  const folder = file.split('/').slice(0, 2).join('/');
  return { Program: (node) => context.report({ node, messageId: 'unknownProject', data: { folder } }) };
}

function refusalOf(specifier: string, place: Place): Refusal | undefined {
  if (specifier.startsWith('.')) return relativeRefusal(specifier, place);
  return (
    domainRefusal(specifier, place) ?? packageRefusal(specifier, place) ?? reservedRefusal(specifier, place)
  );
}

function relativeRefusal(specifier: string, { file, project, inDomain }: Place): Refusal | undefined {
  const target = path.posix.join(path.posix.dirname(file), specifier);
  if (!target.startsWith(`${project}/`)) return { messageId: 'leavesProject', data: { project } };
  const staysPure = !inDomain || target.startsWith(`${project}/src/domain/`);
  return staysPure ? undefined : { messageId: 'impureDomain', data: { specifier } };
}

function domainRefusal(specifier: string, { file, inDomain }: Place): Refusal | undefined {
  if (!inDomain || isSpec(file) || domainUses.includes(specifier)) return undefined;
  return { messageId: 'impureDomain', data: { specifier } };
}

function packageRefusal(specifier: string, { file, project }: Place): Refusal | undefined {
  const [scope, name = '', ...inside] = specifier.split('/');
  if (scope !== '@orderflow') return undefined;
  const target = `@orderflow/${name}`;
  if (path.posix.basename(project) === name) return { messageId: 'ownName', data: { project } };
  if (inside.length > 0 && !isOpen(specifier, { file, project }))
    return { messageId: 'deepImport', data: { specifier, door: target } };
  return arrowRefusal(name, { file, project });
}

function arrowRefusal(name: string, { file, project }: Pick<Place, 'file' | 'project'>): Refusal | undefined {
  const { uses = [], specsUse = [] } = boundaries[project] ?? {};
  if (uses.includes(name) || (isSpec(file) && specsUse.includes(name))) return undefined;
  const data = { project, target: `@orderflow/${name}` };
  return { messageId: specsUse.includes(name) ? 'testsOnly' : 'noArrow', data };
}

function isOpen(specifier: string, { file, project }: Pick<Place, 'file' | 'project'>): boolean {
  const door = sideDoors[specifier];
  if (door === undefined || !door.projects.includes(project)) return false;
  return door.specsOnly !== true || isSpec(file);
}

function reservedRefusal(specifier: string, { project }: Place): Refusal | undefined {
  const rule = reserved.find(({ prefix }) => specifier.startsWith(prefix));
  if (rule === undefined || rule.projects.includes(project)) return undefined;
  return { messageId: 'reserved', data: { specifier, projects: rule.projects.join(', ') } };
}
