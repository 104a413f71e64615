import { Button, Checkbox, Menu, Textarea } from "@mantine/core";
import { ChevronDown, CornerDownLeft } from "lucide-react";
import { useState } from "react";
import type { Suggestion } from "~/api/client";
import { useLookups } from "~/api/queries";
import { Dot } from "~/components/dot";
import { capital } from "~/lib/text";
import { Analysis, ChatAnswer, DraftReply, NextSteps, read } from "./content";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";
import { ResultCard } from "./result-card";

const SENTIMENTS: Record<string, string> = {
  positive: "var(--desk-good)",
  negative: "var(--desk-late)",
};

const URGENCIES: Record<string, string> = {
  critical: "var(--desk-late)",
  high: "var(--desk-wait)",
  medium: "var(--desk-busy)",
};

/** The result of a run; nothing when it has none, or one of another shape. */
export function Result({ run }: { run: Suggestion }) {
  switch (run.kind) {
    case "analysis":
      return <AnalysisResult run={run} />;
    case "next_steps":
      return <StepsResult run={run} />;
    case "draft_reply":
      return <DraftResult run={run} />;
    case "chat":
      return <AnswerResult run={run} />;
    default:
      return null;
  }
}

function AnalysisResult({ run }: { run: Suggestion }) {
  const result = read(run, Analysis);
  if (!result) return null;
  const { summary, sentiment, category, urgency, suggestedActions } = result.content;
  const actions = suggestedActions ?? [];
  return (
    <ResultCard title="Analysis" run={run} text={[summary, ...actions.map((one) => `- ${one}`)].join("\n")}>
      <p className={classes.text} data-testid="analysis-summary">
        {summary}
      </p>
      <div className={classes.marks}>
        <Dot color={SENTIMENTS[sentiment]}>{capital(sentiment)}</Dot>
        <Dot color="var(--desk-accent)">{capital(category)}</Dot>
        {urgency && <Dot color={URGENCIES[urgency]}>{capital(urgency)} urgency</Dot>}
      </div>
      {actions.length > 0 && (
        <>
          <h3 className={classes.small}>Suggested actions</h3>
          <ul className={classes.list}>
            {actions.map((action) => (
              <li key={action}>{action}</li>
            ))}
          </ul>
        </>
      )}
    </ResultCard>
  );
}

function StepsResult({ run }: { run: Suggestion }) {
  const result = read(run, NextSteps);
  if (!result) return null;
  const { steps, citations } = result.content;
  const text = steps.map((step, index) => `${String(index + 1)}. ${step}`).join("\n");
  return (
    <ResultCard title="Next steps" run={run} text={text} citations={citations}>
      <div className={classes.steps}>
        {steps.map((step) => (
          <Checkbox key={step} size="xs" label={step} />
        ))}
      </div>
    </ResultCard>
  );
}

function AnswerResult({ run }: { run: Suggestion }) {
  const result = read(run, ChatAnswer);
  if (!result) return null;
  const { answer, citations } = result.content;
  return (
    <ResultCard title="Answer" run={run} text={answer} citations={citations}>
      <p className={classes.text}>{answer}</p>
    </ResultCard>
  );
}

function DraftResult({ run }: { run: Suggestion }) {
  const result = read(run, DraftReply);
  if (!result) return null;
  return <Draft run={run} content={result.content} />;
}

interface DraftProps {
  run: Suggestion;
  content: { reply: string; tone?: string | null; citations?: string[] | null };
}

function Draft({ run, content }: DraftProps) {
  const { mayAct, onInsert } = useResultContext();
  const [text, setText] = useState(content.reply);
  const [inserted, setInserted] = useState(false);
  return (
    <ResultCard title="Draft reply" run={run} text={text} citations={content.citations}>
      <Tone run={run} tone={content.tone ?? null} />
      <Textarea
        aria-label="Draft of a reply"
        autosize
        minRows={3}
        maxRows={10}
        readOnly={!mayAct}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        classNames={{ input: classes.draft }}
      />
      {mayAct && (
        <Button
          data-testid="insert-button"
          variant="default"
          fullWidth
          disabled={text.trim() === ""}
          leftSection={<CornerDownLeft size={14} aria-hidden />}
          onClick={() => {
            onInsert(text, run.id);
            setInserted(true);
          }}
        >
          {inserted ? "Insert again" : "Insert into reply"}
        </Button>
      )}
    </ResultCard>
  );
}

/** The tone of a draft, and the same in another one. */
function Tone({ run, tone }: { run: Suggestion; tone: string | null }) {
  const { tones } = useLookups();
  const { onRetry } = useResultContext();
  const label = tones.find(({ key }) => key === tone)?.label ?? (tone ? capital(tone) : "Own words");
  if (!onRetry) return <span className={classes.hint}>{label}</span>;
  return (
    <Menu position="bottom-start">
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          className={classes.tone}
          rightSection={<ChevronDown size={12} aria-hidden />}
        >
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Draft again in another tone</Menu.Label>
        {tones
          .filter(({ key }) => key !== tone)
          .map(({ key, label: name }) => (
            <Menu.Item key={key} onClick={() => onRetry(run, key)}>
              {name}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
