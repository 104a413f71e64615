import { ScrollArea, Tabs } from "@mantine/core";
import { Sparkles } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./side-tabs.module.css";

export function SideTabs({ copilot, details }: { copilot: ReactNode; details: ReactNode }) {
  return (
    <Tabs defaultValue="copilot" classNames={{ root: classes.root, panel: classes.panel, tab: classes.tab }}>
      <Tabs.List>
        <Tabs.Tab value="copilot" leftSection={<Sparkles size={15} aria-hidden />}>
          Copilot
        </Tabs.Tab>
        <Tabs.Tab value="details">Details</Tabs.Tab>
      </Tabs.List>
      <Tabs.Panel value="copilot">{copilot}</Tabs.Panel>
      <Tabs.Panel value="details">
        <ScrollArea h="100%" p={16} viewportProps={{ tabIndex: 0, role: "region", "aria-label": "Details" }}>
          {details}
        </ScrollArea>
      </Tabs.Panel>
    </Tabs>
  );
}
