import { createFileRoute } from "@tanstack/react-router";
import { CopilotSettings } from "~/features/settings/copilot";

export const Route = createFileRoute("/_app/settings/copilot")({ component: CopilotSettings });
