import { useQuery } from "@tanstack/react-query";
import { type Schemas, api } from "~/api/client";
import { useLookups, useSupportAgents } from "~/api/queries";
import { useUser } from "~/api/session";
import { Dot } from "~/components/dot";
import { type Action, useChange } from "./change";
import { type Command, type Kind, command } from "./commands";
import { type Option, Picker } from "./picker";
import { useGiveToTeam } from "./team-assign";

const TITLES: Record<Kind, string> = {
  assign: "Assign",
  priority: "Priority of",
  status: "Status of",
  tag: "Tag",
};

/** The dialog of the command that was asked for. */
export function CommandDialog({ asked }: { asked: Command }) {
  const change = useChange();
  const giveToTeam = useGiveToTeam();
  const teams = useTeams(asked.kind === "assign");
  const options = useOptions(asked, teams);
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
      onPick={(key) => {
        const team = kind === "assign" && teams.find(({ id }) => key === TEAM + id);
        void (team ? giveToTeam(targets, team) : change(targets, actionOf(kind, key)));
      }}
      create={kind === "tag" ? (words) => ({ key: `+${words}`, label: `Add “${words}”` }) : () => null}
      empty={kind === "tag" ? "Type a tag and press Enter." : "Nothing fits."}
    />
  );
}

const NOBODY = "nobody";
/** In front of the id of a team, among the ids of support agents. */
const TEAM = "team:";

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

function useTeams(wanted: boolean) {
  const query = api.queryOptions("get", "/api/teams", { params: { query: { limit: 100 } } });
  const { data } = useQuery({ ...query, staleTime: 60_000, enabled: wanted });
  return data?.items ?? [];
}

function useOptions(asked: Command, teams: Schemas["TeamRow"][]): Option[] {
  const user = useUser();
  const { statuses, priorities } = useLookups();
  const agents = useSupportAgents();
  switch (asked.kind) {
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
        ...teams.map(({ id, name, members }) => ({
          key: TEAM + id,
          label: name,
          hint: `Team of ${String(members.length)}: whose turn it is`,
        })),
        ...others.map(({ id, name, kind }) => ({ key: id, label: name, hint: kind === "BOT" ? "Bot" : undefined })),
      ];
    }
    case "tag": {
      const tags = [...new Set(asked.targets.flatMap(({ tags: all = [] }) => all))];
      return tags.map((tag) => ({ key: `-${tag}`, label: `Remove “${tag}”` }));
    }
  }
}
