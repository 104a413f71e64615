import { createFileRoute } from "@tanstack/react-router";
import { SharedViews } from "~/features/settings/views";

export const Route = createFileRoute("/_app/settings/views")({ component: SharedViews });
