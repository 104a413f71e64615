import { ActionIcon, Button, Group, Input, Select, Stack, Text } from "@mantine/core";
import { Plus, X } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "~/api/client";
import { useSupportAgents, useTeams } from "~/api/queries";
import { Choice, named } from "~/components/choice";
import classes from "./sla-rules.module.css";

interface Action {
  type: string;
  /** `agent:` or `team:` and an id; empty for nobody in particular. */
  whom: string;
  level: string;
}

export interface Rule {
  clock: string;
  atPercent: string;
  actions: Action[];
}

const AGENT = "agent:";
const TEAM = "team:";
const RULES_MAX = 6;
const ACTIONS_MAX = 4;

const CLOCKS = [
  { value: "FIRST_RESPONSE", label: "First reply" },
  { value: "RESOLUTION", label: "Solution" },
];

const PERCENTS = [
  { value: "70", label: "70 % of its time" },
  { value: "90", label: "90 % of its time" },
  { value: "110", label: "110 % of its time" },
];

const ACTIONS = [
  { value: "NOTIFY", label: "Tell" },
  { value: "ESCALATE", label: "Escalate" },
  { value: "ASSIGN", label: "Assign" },
  { value: "RAISE_PRIORITY", label: "Raise the priority" },
];

/** What stands in the field for whom, by action. */
const NOBODY: Record<string, string> = { NOTIFY: "The assignee", ESCALATE: "Whoever takes it", ASSIGN: "To whom" };

export function rulesOf(rows: Schemas["SlaRuleRow"][]): Rule[] {
  return rows.map(({ clock, atPercent, actions }) => ({
    clock,
    atPercent: String(atPercent),
    actions: actions.map(({ type, supportAgentId, teamId, level }) => ({
      type,
      whom: teamId ? TEAM + teamId : supportAgentId ? AGENT + supportAgentId : "",
      level: String(level ?? 1),
    })),
  }));
}

export function rulesWritten(rules: Rule[]): Schemas["SlaRule"][] {
  return rules.map(({ clock, atPercent, actions }) => ({
    clock,
    atPercent: Number(atPercent),
    actions: actions.map(({ type, whom, level }) => ({
      type,
      supportAgentId: type === "RAISE_PRIORITY" ? null : chosen(whom, AGENT),
      teamId: type === "RAISE_PRIORITY" ? null : chosen(whom, TEAM),
      level: type === "ESCALATE" ? Number(level) : null,
    })),
  }));
}

function chosen(whom: string, kind: string): string | null {
  return whom.startsWith(kind) ? whom.slice(kind.length) : null;
}

interface Props {
  rules: Rule[];
  error: ReactNode;
  onChange: (rules: Rule[]) => void;
}

/** What happens by itself when a share of a clock's time is used up. */
export function Rules({ rules, error, onChange }: Props) {
  const set = (index: number, part: Partial<Rule>) =>
    onChange(rules.map((rule, at) => (at === index ? { ...rule, ...part } : rule)));
  return (
    <Input.Wrapper
      label="Rules"
      labelElement="div"
      description="What happens by itself while a clock runs. Each is done once for a ticket."
      error={error}
    >
      <Stack gap="xs" mt={6}>
        {rules.map((rule, index) => (
          <RuleLine
            key={index}
            number={index + 1}
            rule={rule}
            onChange={(part) => set(index, part)}
            onRemove={() => onChange(rules.filter((_, at) => at !== index))}
          />
        ))}
        {rules.length < RULES_MAX && (
          <Button
            variant="default"
            leftSection={<Plus size={14} aria-hidden />}
            style={{ alignSelf: "start" }}
            onClick={() =>
              onChange([...rules, { clock: "RESOLUTION", atPercent: "90", actions: [newAction("NOTIFY")] }])
            }
          >
            Add a rule
          </Button>
        )}
      </Stack>
    </Input.Wrapper>
  );
}

function under(kind: string, rows: { id: string; name: string }[]) {
  return named(rows).map(({ value, label }) => ({ value: kind + value, label }));
}

function newAction(type: string): Action {
  return { type, whom: "", level: "1" };
}

interface LineProps {
  number: number;
  rule: Rule;
  onChange: (part: Partial<Rule>) => void;
  onRemove: () => void;
}

function RuleLine({ number, rule, onChange, onRemove }: LineProps) {
  const agents = useSupportAgents();
  const teams = useTeams();
  const name = `Rule ${String(number)}`;
  const { clock, atPercent, actions } = rule;
  const set = (index: number, part: Partial<Action>) =>
    onChange({ actions: actions.map((action, at) => (at === index ? { ...action, ...part } : action)) });
  const free = ACTIONS.filter(({ value }) => !actions.some(({ type }) => type === value));
  return (
    <div className={classes.rule} role="group" aria-label={name}>
      <Group gap={6} wrap="nowrap">
        <Select
          aria-label={`${name}: clock`}
          flex={1}
          size="xs"
          allowDeselect={false}
          data={CLOCKS}
          value={clock}
          onChange={(next) => next && onChange({ clock: next })}
        />
        <Text size="xs" c="dimmed">
          at
        </Text>
        <Select
          aria-label={`${name}: when`}
          flex={1}
          size="xs"
          allowDeselect={false}
          data={PERCENTS}
          value={atPercent}
          onChange={(next) => next && onChange({ atPercent: next })}
        />
        <ActionIcon aria-label={`Remove rule ${String(number)}`} onClick={onRemove}>
          <X size={14} aria-hidden />
        </ActionIcon>
      </Group>
      {actions.map((action, index) => (
        <Group key={action.type} gap={6} wrap="nowrap" className={classes.action}>
          <Select
            aria-label={`${name}: action ${String(index + 1)}`}
            flex={1}
            size="xs"
            allowDeselect={false}
            data={ACTIONS.filter(({ value }) => value === action.type || free.some((one) => one.value === value))}
            value={action.type}
            onChange={(type) => type && set(index, { type })}
          />
          {action.type !== "RAISE_PRIORITY" && (
            <Choice
              aria-label={`${name}: whom action ${String(index + 1)} concerns`}
              flex={1}
              size="xs"
              searchable
              placeholder={NOBODY[action.type] ?? ""}
              data={[
                {
                  group: "People",
                  items: under(
                    AGENT,
                    agents.filter(({ kind }) => kind !== "BOT"),
                  ),
                },
                { group: "Teams", items: under(TEAM, teams) },
              ]}
              value={action.whom}
              onChange={(whom) => set(index, { whom })}
            />
          )}
          {action.type === "ESCALATE" && (
            <Select
              aria-label={`${name}: level`}
              w={92}
              size="xs"
              allowDeselect={false}
              data={["1", "2", "3", "4", "5"].map((level) => ({ value: level, label: `Level ${level}` }))}
              value={action.level}
              onChange={(level) => level && set(index, { level })}
            />
          )}
          <ActionIcon
            aria-label={`${name}: remove action ${String(index + 1)}`}
            disabled={actions.length === 1}
            onClick={() => onChange({ actions: actions.filter((_, at) => at !== index) })}
          >
            <X size={14} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {actions.length < ACTIONS_MAX && free[0] && (
        <Button
          variant="subtle"
          size="compact-xs"
          className={classes.action}
          onClick={() => onChange({ actions: [...actions, newAction(free[0]?.value ?? "NOTIFY")] })}
        >
          And…
        </Button>
      )}
    </div>
  );
}
