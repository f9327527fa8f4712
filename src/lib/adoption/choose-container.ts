/** The container that gets the image: the load balancer's, else the only essential one, else a question. Pure. */
import type { ServiceSettings } from '../aws/ecs-inventory.js';
import { isMembers, type Members, membersOf, textOf } from './members.js';
import type { AskAbout, Sourced } from './model.js';

export interface ChosenContainer {
  readonly container: Sourced<string>;
  readonly questions: readonly AskAbout[];
}

const nameOf = (container: Members): string => textOf(container['name']);

/** Log routers and proxies never are the service. */
const candidatesIn = (definition: Members): readonly Members[] => {
  const proxy = definition['proxyConfiguration'];
  const proxyName = isMembers(proxy) ? proxy['containerName'] : undefined;
  const all = membersOf(definition['containerDefinitions']);
  const own = all.filter((each) => !isMembers(each['firelensConfiguration']) && each['name'] !== proxyName);
  return own.length === 0 ? all : own;
};

export const chooseContainer = (
  settings: ServiceSettings,
  of: { readonly name: string; readonly definition: Members },
): ChosenContainer => {
  const candidates = candidatesIn(of.definition);
  const known = new Set(membersOf(of.definition['containerDefinitions']).map(nameOf));
  const at = settings.balancers.findIndex(({ container }) => container !== undefined && known.has(container));
  const balanced = new Set(
    settings.balancers.flatMap(({ container }) => container ?? []).filter((each) => known.has(each)),
  );
  const mapped = settings.balancers[at]?.container;
  if (mapped !== undefined) {
    const origin = `from service ${settings.name}: loadBalancers[${at}].containerName`;
    return {
      container: { value: mapped, origin },
      questions: balanced.size > 1 ? [several([...balanced], mapped)] : [],
    };
  }
  const essential = candidates.filter((each) => each['essential'] !== false);
  const [only, ...others] = candidates.length === 1 ? candidates : essential;
  if (only !== undefined && others.length === 0) {
    const what = candidates.length === 1 ? 'its only container' : 'its only essential container';
    return { container: { value: nameOf(only), origin: `from its task definition: ${what}` }, questions: [] };
  }
  const likely =
    candidates.find((each) => [of.name, settings.name].includes(nameOf(each))) ?? essential[0] ?? candidates[0] ?? {};
  return {
    container: { value: nameOf(likely), origin: 'QUESTION: several containers, and none is behind a load balancer' },
    questions: [several(candidates.map(nameOf), nameOf(likely))],
  };
};

const several = (names: readonly string[], chosen: string): AskAbout => ({
  code: 'container',
  question: `which container gets the image that is shipped? ${chosen} was taken, of ${names.join(', ')}`,
  fix: 'change `container` and `image.repository`, and move ${{ image }} in the template',
});
