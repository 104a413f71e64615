import { ActionIcon, Button, Menu } from "@mantine/core";
import { ChevronDown, ListChecks, PenLine, ScanSearch } from "lucide-react";
import { useState } from "react";
import { useLookups } from "~/api/queries";
import classes from "./copilot.module.css";
import type { Ask } from "./use-runs";

interface Props {
  disabled: boolean;
  isBusy: (kind: Ask["kind"]) => boolean;
  onAsk: (ask: Ask) => void;
}

/** What can be asked for with one click. */
export function Actions({ disabled, isBusy, onAsk }: Props) {
  const { tones } = useLookups();
  const [tone, setTone] = useState("professional");
  const drafting = isBusy("draft_reply");
  return (
    <div className={classes.actions}>
      <Button
        data-testid="analyze-button"
        variant="default"
        className={classes.action}
        disabled={disabled}
        loading={isBusy("analysis")}
        onClick={() => onAsk({ kind: "analysis" })}
        leftSection={<ScanSearch size={14} aria-hidden />}
      >
        Analyze ticket
      </Button>
      <Button
        data-testid="suggest-button"
        variant="default"
        className={classes.action}
        disabled={disabled}
        loading={isBusy("next_steps")}
        onClick={() => onAsk({ kind: "next_steps" })}
        leftSection={<ListChecks size={14} aria-hidden />}
      >
        Suggest next steps
      </Button>
      <Button.Group className={classes.draftGroup}>
        <Button
          data-testid="draft-button"
          variant="default"
          className={classes.action}
          disabled={disabled}
          loading={drafting}
          onClick={() => onAsk({ kind: "draft_reply", tone })}
          leftSection={<PenLine size={14} aria-hidden />}
        >
          Draft reply
        </Button>
        <Menu position="bottom-end">
          <Menu.Target>
            <ActionIcon variant="default" size={30} disabled={disabled || drafting} aria-label={`Tone: ${tone}`}>
              <ChevronDown size={14} aria-hidden />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Tone</Menu.Label>
            <Menu.RadioGroup value={tone} onChange={setTone}>
              {tones.map(({ key, label }) => (
                <Menu.RadioItem key={key} value={key}>
                  {label}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Dropdown>
        </Menu>
      </Button.Group>
    </div>
  );
}
