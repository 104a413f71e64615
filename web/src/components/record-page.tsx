import { ActionIcon, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { Link, type LinkProps } from "@tanstack/react-router";
import { ArrowLeft, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./record-page.module.css";
import { Failure } from "./route-error";

/** What is shown where there is room for one of the two only. */
export type Pane = "talk" | "side";

interface Props {
  /** What it is, for those who do not see it: `Ticket TKT-0042`. */
  label: string;
  /** What the switch between the two is, and what it calls them. */
  switchLabel: string;
  names: Record<Pane, string>;
  pane: Pane;
  onPane: (pane: Pane) => void;
  header: ReactNode;
  side: ReactNode;
  sideLabel: string;
  /** What was said; its box has the class `talk`. */
  children: ReactNode;
}

/** A ticket or a call beside its list: what was said, and on its right what is known and can be done. */
export function RecordPage({ label, switchLabel, names, pane, onPane, header, side, sideLabel, children }: Props) {
  return (
    <div className={classes.page} data-pane={pane}>
      <section className={classes.main} aria-label={label}>
        {header}
        <SegmentedControl
          className={classes.switch}
          aria-label={switchLabel}
          value={pane}
          onChange={(value) => onPane(value as Pane)}
          data={[
            { value: "talk", label: names.talk },
            { value: "side", label: names.side },
          ]}
        />
        {children}
      </section>
      <aside className={classes.side} aria-label={sideLabel}>
        {side}
      </aside>
    </div>
  );
}

interface HeaderProps {
  /** The list, for the way back where there is no room for both. */
  list: "/tickets" | "/calls";
  title: ReactNode;
  /** What is known at a glance, and what can be done. */
  children: ReactNode;
}

export function RecordHeader({ list, title, children }: HeaderProps) {
  const back = { to: list, search: (search: object) => search } as LinkProps;
  return (
    <header className={classes.header}>
      <div className={classes.marks}>
        <ActionIcon
          className={classes.back}
          aria-label="Back to the list"
          renderRoot={(props) => <Link {...back} {...props} />}
        >
          <ArrowLeft size={16} aria-hidden />
        </ActionIcon>
        {children}
      </div>
      <h1 className={classes.title}>{title}</h1>
    </header>
  );
}

interface ComingProps {
  label: string;
  error: unknown;
  onRetry: () => void;
  /** Shaped like it, so that nothing jumps when it comes. */
  children: ReactNode;
}

/** Instead of a record that is on its way or was not loaded. */
export function RecordComing({ label, error, onRetry, children }: ComingProps) {
  return (
    <section className={classes.main} aria-label={label}>
      {error ? <Failure error={error} onRetry={onRetry} /> : children}
    </section>
  );
}

/** Instead of a record, when none is open. */
export function NoneOpen({ icon: Icon, one }: { icon: LucideIcon; one: string }) {
  return (
    <Stack align="center" justify="center" gap={6} h="100%" p="xl">
      <Icon size={28} strokeWidth={1.5} color="var(--mantine-color-dimmed)" aria-hidden />
      <Title order={2}>Choose a {one}</Title>
      <Text size="sm" c="dimmed" ta="center">
        J and K move through the list, Enter opens.
      </Text>
    </Stack>
  );
}
