import { useUser } from "~/api/session";
import { useLookups, useSupportAgents } from "~/api/queries";
import { Dot } from "~/components/dot";
import { Store, useStore } from "~/lib/store";
import { type Action, type Target, useChange } from "./change";
import { type Option, Picker } from "./picker";

type Kind = Action["type"];

interface Command {
  kind: Kind;
  targets: (Target & { tags?: string[] })[];
}

const command = new Store<Command | null>(null);

/** Asks what shall become of some tickets: whom to assign, which priority, status or tag. */
export function askFor(kind: Kind, targets: Command["targets"]): void {
  if (targets.length > 0) command.set({ kind, targets });
}

const TITLES: Record<Kind, string> = {
  assign: "Assign",
  priority: "Priority of",
  status: "Status of",
  tag: "Tag",
};

/** The dialog of the command that was asked for; shown once for the whole page. */
export function CommandDialog() {
  const asked = useStore(command);
  const change = useChange();
  const options = useOptions(asked);
  if (!asked) return null;
  const { kind, targets } = asked;
  const [first] = targets;
  const of = targets.length === 1 && first ? first.label : `${String(targets.length)} tickets`;
  return (
    <Picker
      opened
      title={`${TITLES[kind]} ${of}`}
      placeholder={kind === "tag" ? "Type a tag…" : "Type to filter…"}
      options={options}
      onClose={() => command.set(null)}
      onPick={(key) => void change(targets, actionOf(kind, key))}
      create={kind === "tag" ? (words) => ({ key: `+${words}`, label: `Add “${words}”` }) : () => null}
      empty={kind === "tag" ? "Type a tag and press Enter." : "Nothing fits."}
    />
  );
}

const NOBODY = "nobody";

function actionOf(kind: Kind, key: string): Action {
  switch (kind) {
    case "assign":
      return { type: kind, value: key === NOBODY ? null : key };
    case "tag":
      return { type: kind, value: key.startsWith("+") ? { add: [key.slice(1)] } : { remove: [key.slice(1)] } };
    default:
      return { type: kind, value: key };
  }
}

function useOptions(asked: Command | null): Option[] {
  const user = useUser();
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  switch (asked?.kind) {
    case "status":
      return statuses.map(({ key, label, color }) => ({ key, label, shown: <Dot color={color}>{label}</Dot> }));
    case "priority":
      return priorities.map(({ key, label, color }) => ({ key, label, shown: <Dot color={color}>{label}</Dot> }));
    case "assign": {
      const own = agents.filter(({ userId }) => userId && userId === user?.id);
      const others = agents.filter((agent) => !own.includes(agent));
      return [
        ...own.map(({ id, name }) => ({ key: id, label: `${name} (you)`, hint: "Take it yourself" })),
        { key: NOBODY, label: "Nobody", hint: "Release" },
        ...others.map(({ id, name, kind }) => ({ key: id, label: name, hint: kind === "BOT" ? "Bot" : undefined })),
      ];
    }
    case "tag": {
      const tags = [...new Set(asked.targets.flatMap(({ tags: all = [] }) => all))];
      return tags.map((tag) => ({ key: `-${tag}`, label: `Remove “${tag}”` }));
    }
    default:
      return [];
  }
}
