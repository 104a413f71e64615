import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Analytics } from "~/features/insight/analytics";
import { InsightSearch } from "~/features/insight/search";

export const Route = createFileRoute("/_app/analytics")({
  validateSearch: InsightSearch,
  component: AnalyticsRoute,
});

function AnalyticsRoute() {
  const navigate = useNavigate({ from: Route.fullPath });
  return (
    <Analytics search={Route.useSearch()} onSearch={(search) => void navigate({ to: ".", search, replace: true })} />
  );
}
