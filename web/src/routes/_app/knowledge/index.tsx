import { createFileRoute } from "@tanstack/react-router";
import { BookOpen } from "lucide-react";
import { Empty } from "~/components/empty";

export const Route = createFileRoute("/_app/knowledge/")({
  component: () => (
    <Empty icon={BookOpen} title="Choose an article">
      Published articles are what the copilot may cite. Drafts are for your team alone.
    </Empty>
  ),
});
