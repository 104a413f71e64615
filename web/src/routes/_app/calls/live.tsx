import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { useCallback } from "react";
import { LiveWall } from "~/features/live-calls/wall";
import { z } from "~/lib/zod";

const WallSearch = z.object({
  /** The call that is watched in full. */
  call: z.catch(z.optional(z.string()), undefined),
});

export const Route = createFileRoute("/_app/calls/live")({ validateSearch: WallSearch, component: LiveWallRoute });

function LiveWallRoute() {
  const { call } = Route.useSearch();
  const navigate = useNavigate({ from: Route.fullPath });
  const watch = useCallback(
    (id: string | null) => void navigate({ to: ".", search: id ? { call: id } : {}, replace: true }),
    [navigate],
  );
  return <LiveWall watched={call ?? null} onWatch={watch} />;
}
