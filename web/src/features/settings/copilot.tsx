import { NumberInput, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { Dot } from "~/components/dot";
import { WorkspacePart } from "./workspace-form";

/** Which model answers, what it may cost, and what it does by itself. */
export function CopilotSettings() {
  return (
    <WorkspacePart
      title="Copilot"
      about="Which model answers, what it may cost a day, and what it does with new tickets by itself."
      read={({ model, dailyBudgetUsd, autoTriage }) => ({ model: model ?? "", dailyBudgetUsd, autoTriage })}
      write={({ model, ...values }) => ({ ...values, model: model.trim() || null })}
    >
      {(form, workspace) => (
        <Stack gap="md" maw={480}>
          <Health />
          <TextInput
            label="Model"
            description="A name that the model server knows. Empty: the one that the operator chose."
            {...form.getInputProps("model")}
          />
          <NumberInput
            label="Budget a day"
            description={`In US dollars, by UTC days; at most ${String(workspace.dailyBudgetMaxUsd)}, which the operator set. When it is used up, the copilot waits for the next day.`}
            prefix="$"
            min={0}
            decimalScale={2}
            {...form.getInputProps("dailyBudgetUsd")}
          />
          <Radio.Group label="New tickets" {...form.getInputProps("autoTriage")}>
            <Stack gap={8} mt={6}>
              <Radio value="off" label="Leave them to people" />
              <Radio value="suggest" label="Analyze them and propose category and priority" />
              <Radio value="apply" label="Analyze them and set category and priority" />
            </Stack>
          </Radio.Group>
        </Stack>
      )}
    </WorkspacePart>
  );
}

function Health() {
  const { data, isError } = useQuery(api.queryOptions("get", "/api/copilot/v1/health"));
  const health = data?.data;
  if (isError) return <Dot color="var(--desk-late)">The model cannot be asked</Dot>;
  if (!health) return <Text size="sm">Asking the model…</Text>;
  return (
    <div>
      <Dot color={health.reachable ? "var(--desk-good)" : "var(--desk-late)"}>
        {health.provider}
        {health.model && `, ${health.model}`}: {health.reachable ? "answers" : "does not answer"}
      </Dot>
      {health.reason && (
        <Text size="xs" c="dimmed">
          {health.reason}
        </Text>
      )}
    </div>
  );
}
