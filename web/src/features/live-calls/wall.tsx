import { Button, Code, Skeleton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { PhoneCall, RadioTower } from "lucide-react";
import { useCallback, useMemo } from "react";
import { useMayAct } from "~/api/session";
import { Dot } from "~/components/dot";
import { Empty } from "~/components/empty";
import { Page } from "~/components/page";
import { Failure } from "~/components/route-error";
import { Card } from "./card";
import classes from "./live-calls.module.css";
import { worstFirst } from "./looks";
import { useLiveCalls } from "./use-live-calls";
import { Watch } from "./watch";

interface Props {
  /** The call that is watched in full. */
  watched: string | null;
  onWatch: (id: string | null) => void;
}

const WORDS = {
  connecting: ["var(--desk-wait)", "Connecting…"],
  open: ["var(--desk-good)", "Live"],
  down: ["var(--desk-late)", "Reconnecting…"],
} as const;

/** Every call in progress, those first who need somebody most. */
export function LiveWall({ watched, onWatch }: Props) {
  const { list, words, connection } = useLiveCalls(watched);
  const items = list.data?.items;
  const calls = useMemo(() => worstFirst(items ?? []), [items]);
  // Stable, so that a card is not drawn again when another one is chosen.
  const watch = useCallback((id: string) => onWatch(id), [onWatch]);
  const [color, state] = WORDS[connection];
  return (
    <div className={classes.split} data-open={watched !== null || undefined}>
      <Page
        title="Live wall"
        about={
          <span className={classes.about}>
            <Dot color={color}>{state}</Dot>
            {items && <span>{calls.length === 1 ? "1 call" : `${String(calls.length)} calls`} in progress</span>}
          </span>
        }
        actions={<CallNowLink />}
      >
        {list.isPending ? (
          <Shape />
        ) : list.isError && calls.length === 0 ? (
          <Failure error={list.error} onRetry={() => void list.refetch()} />
        ) : calls.length === 0 ? (
          <Empty icon={RadioTower} title="Nobody is calling right now">
            Calls appear here while they last, with the words as they are spoken: watch one, whisper to its agent, or
            take it over. To see one, call from here, or let <Code>patchcord call</Code> place a simulated one.
          </Empty>
        ) : (
          <ul className={classes.grid} aria-label="Calls in progress">
            {calls.map((call) => (
              <Card key={call.id} call={call} words={words} isWatched={call.id === watched} onWatch={watch} />
            ))}
          </ul>
        )}
      </Page>
      {watched !== null && <Watch key={watched} id={watched} words={words} onClose={() => onWatch(null)} />}
    </div>
  );
}

function CallNowLink() {
  const mayAct = useMayAct();
  if (!mayAct) return null;
  return (
    <Button component={Link} to="/calls/now" variant="default" leftSection={<PhoneCall size={14} aria-hidden />}>
      Call now
    </Button>
  );
}

function Shape() {
  return (
    <div className={classes.grid} role="status" aria-label="Loading the calls">
      {Array.from({ length: 6 }, (_, index) => (
        <Skeleton key={index} height={236} radius="lg" />
      ))}
    </div>
  );
}
