import { Button, Checkbox, Textarea } from "@mantine/core";
import { CornerDownLeft } from "lucide-react";
import { useState } from "react";
import type { Suggestion } from "~/api/client";
import { Dot } from "~/components/dot";
import { capital } from "~/lib/text";
import { Analysis, DraftReply, NextSteps, newest } from "./content";
import { useResultContext } from "./context";
import classes from "./copilot.module.css";
import { ResultCard } from "./result-card";

interface Props {
  runs: Suggestion[];
}

const SENTIMENTS: Record<string, string> = {
  positive: "var(--desk-good)",
  negative: "var(--desk-late)",
};

const URGENCIES: Record<string, string> = {
  critical: "var(--desk-late)",
  high: "var(--desk-wait)",
  medium: "var(--desk-busy)",
};

export function AnalysisResult({ runs }: Props) {
  const result = newest(runs, "analysis", Analysis);
  if (!result) return null;
  const { summary, sentiment, category, urgency, suggestedActions } = result.content;
  const actions = suggestedActions ?? [];
  return (
    <ResultCard title="Analysis" run={result.run} text={[summary, ...actions.map((one) => `- ${one}`)].join("\n")}>
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

export function StepsResult({ runs }: Props) {
  const result = newest(runs, "next_steps", NextSteps);
  if (!result) return null;
  const { steps, citations } = result.content;
  const text = steps.map((step, index) => `${String(index + 1)}. ${step}`).join("\n");
  return (
    <ResultCard title="Next steps" run={result.run} text={text} citations={citations}>
      {/* A new run is a new list with nothing done. */}
      <div key={result.run.id} className={classes.steps}>
        {steps.map((step) => (
          <Checkbox key={step} size="xs" label={step} />
        ))}
      </div>
    </ResultCard>
  );
}

export function DraftResult({ runs }: Props) {
  const result = newest(runs, "draft_reply", DraftReply);
  if (!result) return null;
  return <Draft key={result.run.id} run={result.run} content={result.content} />;
}

interface DraftProps {
  run: Suggestion;
  content: { reply: string; tone?: string | null; citations?: string[] | null };
}

function Draft({ run, content }: DraftProps) {
  const { mayAct, onInsert } = useResultContext();
  const [text, setText] = useState(content.reply);
  const [inserted, setInserted] = useState(false);
  const title = content.tone ? `Draft reply · ${content.tone}` : "Draft reply";
  return (
    <ResultCard title={title} run={run} text={text} citations={content.citations}>
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
