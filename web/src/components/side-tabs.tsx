import { ScrollArea, Tabs } from "@mantine/core";
import { Sparkles } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./side-tabs.module.css";

interface Props {
  copilot: ReactNode;
  details: ReactNode;
  activity: ReactNode;
}

export function SideTabs({ copilot, details, activity }: Props) {
  return (
    <Tabs
      defaultValue="copilot"
      keepMounted={false}
      classNames={{ root: classes.root, panel: classes.panel, tab: classes.tab }}
    >
      <Tabs.List>
        <Tabs.Tab value="copilot" leftSection={<Sparkles size={15} aria-hidden />}>
          Copilot
        </Tabs.Tab>
        <Tabs.Tab value="details">Details</Tabs.Tab>
        <Tabs.Tab value="activity">Activity</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="copilot" keepMounted>
        {copilot}
      </Tabs.Panel>
      <Tabs.Panel value="details">
        <Scroll label="Details">{details}</Scroll>
      </Tabs.Panel>
      <Tabs.Panel value="activity">
        <Scroll label="Activity">{activity}</Scroll>
      </Tabs.Panel>
    </Tabs>
  );
}

function Scroll({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ScrollArea h="100%" p={16} viewportProps={{ tabIndex: 0, role: "region", "aria-label": label }}>
      {children}
    </ScrollArea>
  );
}
