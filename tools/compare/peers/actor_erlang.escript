#!/usr/bin/env escript
%%! +S 2:2
%% Erlang/OTP in the actor cases, in its own idiom: processes, selective receive.
%%   actor_erlang CASE COUNT WORKERS REPETITIONS
%% Prints `value=NS_PER_ITEM work=SUM`, as load/repeat.h does. The schedulers are two, above.
-mode(compile).
-compile([inline]).

main([Case, CountArg, _Workers, RepetitionsArg]) ->
  Count = list_to_integer(CountArg),
  run(list_to_atom(Case), Count, list_to_integer(RepetitionsArg)),
  halt(0).

run(actor_ask, Count, _) -> ask_delay(Count, 50);
run(actor_ask_p99, Count, _) -> ask_delay(Count, 99);
run(actor_idle_bytes, Count, _) -> idle_bytes(Count);
run(Case, Count, Repetitions) ->
  work(Case, Count),
  Results = lists:sort([timed(Case, Count) || _ <- lists:seq(1, Repetitions)]),
  {Nanos, Sum} = lists:nth(length(Results) div 2 + 1, Results),
  io:format("value=~.2f work=~b~n", [Nanos / Count, Sum]).

now_ns() -> erlang:monotonic_time(nanosecond).

timed(Case, Count) ->
  Start = now_ns(),
  Sum = work(Case, Count),
  {now_ns() - Start, Sum}.

work(actor_window_1, N) -> pairs(N, 1, fun window/3, 100);
work(actor_window_2, N) -> pairs(N, 2, fun window/3, 100);
work(actor_window_4, N) -> pairs(N, 4, fun window/3, 100);
work(actor_window_8, N) -> pairs(N, 8, fun window/3, 100);
work(actor_lockstep_1, N) -> pairs(N, 1, fun lockstep/3, 100);
work(actor_lockstep_2, N) -> pairs(N, 2, fun lockstep/3, 100);
work(actor_lockstep_4, N) -> pairs(N, 4, fun lockstep/3, 100);
work(actor_lockstep_8, N) -> pairs(N, 8, fun lockstep/3, 100);
work(actor_pingpong, N) -> pairs(N, 1, fun window/3, 1);
work(actor_count, N) -> fan_in(N, 1);
work(actor_fanin, N) -> fan_in(N, 8);
work(actor_fanout, N) -> fan_out(N);
work(actor_big, N) -> big(N);
work(actor_chameneos, N) -> chameneos(N);
work(actor_ring, N) -> ring(N);
work(actor_skynet, N) -> skynet(N);
work(actor_spawn_die, N) -> spawn_die(N).

ball(I) -> {ball, I, 0, 0, 0, 0, 0, 0, 0}.

echo(To) ->
  receive
    {peer, Peer} -> echo(Peer);
    Ball -> To ! Ball, echo(To)
  end.

pairs(N, Pairs, Shape, Window) ->
  Main = self(),
  Total = N div Pairs div 2,
  Pings = [begin
             Pong = spawn(fun() -> echo(none) end),
             Ping = spawn(fun() ->
                            receive go -> ok end,
                            Sum = Shape(Pong, Total, Window),
                            exit(Pong, kill),
                            Main ! {done, Sum}
                          end),
             Pong ! {peer, Ping},
             Ping
           end || _ <- lists:seq(1, Pairs)],
  [Ping ! go || Ping <- Pings],
  gather(Pairs, 0).

gather(0, Sum) -> Sum;
gather(K, Sum) -> receive {done, S} -> gather(K - 1, Sum + S) end.

send_range(_, I, I) -> ok;
send_range(To, I, End) -> To ! ball(I), send_range(To, I + 1, End).

window(Pong, Total, Window) ->
  First = min(Window, Total),
  send_range(Pong, 0, First),
  slide(Pong, Total, First, 0, 0).

slide(_, Total, _, Total, Sum) -> Sum;
slide(Pong, Total, Sent, Received, Sum) ->
  receive
    {ball, I, _, _, _, _, _, _, _} when Sent < Total ->
      Pong ! ball(Sent), slide(Pong, Total, Sent + 1, Received + 1, Sum + I);
    {ball, I, _, _, _, _, _, _, _} -> slide(Pong, Total, Sent, Received + 1, Sum + I)
  end.

lockstep(Pong, Total, Window) -> step(Pong, Total, Window, 0, 0).
step(_, Total, _, Total, Sum) -> Sum;
step(Pong, Total, Window, Sent, Sum) ->
  End = min(Total, Sent + Window),
  send_range(Pong, Sent, End),
  step(Pong, Total, Window, End, collect(End - Sent, Sum)).

collect(0, Sum) -> Sum;
collect(K, Sum) -> receive {ball, I, _, _, _, _, _, _, _} -> collect(K - 1, Sum + I) end.

fan_in(N, Sources) ->
  Main = self(),
  Sink = spawn_opt(fun() -> Main ! {done, collect(N, 0)} end, [{message_queue_data, off_heap}]),
  [spawn(fun() -> send_range(Sink, 0, N div Sources) end) || _ <- lists:seq(1, Sources)],
  gather(1, 0).

fan_out(N) ->
  Main = self(),
  Rounds = N div 1000,
  Sinks = [spawn(fun() -> Main ! {done, collect(Rounds, 0)} end) || _ <- lists:seq(1, 1000)],
  spawn(fun() -> [[Sink ! ball(I) || Sink <- Sinks] || I <- lists:seq(0, Rounds - 1)] end),
  gather(1000, 0).

big(N) ->
  Main = self(),
  Pings = N div 2 div 100,
  Peers = [spawn(fun() -> receive {peers, Ps} -> big_next(Ps, I, Pings, 0, Main) end end)
           || I <- lists:seq(1, 100)],
  [Peer ! {peers, list_to_tuple(Peers)} || Peer <- Peers],
  Sum = gather(100, 0),
  [exit(Peer, kill) || Peer <- Peers],
  Sum.

big_next(Peers, Random, Pings, Pongs, Main) ->
  Next = (Random * 1103515245 + 12345) rem 2147483648,
  element(Next div 65536 rem 100 + 1, Peers) ! {ping, self()},
  big_loop(Peers, Next, Pings, Pongs, Main).

big_loop(Peers, Random, Pings, Pongs, Main) ->
  receive
    {ping, From} -> From ! pong, big_loop(Peers, Random, Pings, Pongs, Main);
    pong when Pongs + 1 < Pings -> big_next(Peers, Random, Pings, Pongs + 1, Main);
    pong -> Main ! {done, Pongs + 1}, big_loop(Peers, Random, Pings, Pongs + 1, Main)
  end.

chameneos(N) ->
  Main = self(),
  Mall = spawn(fun() -> mall(N, 0) end),
  [spawn(fun() -> creature(Mall, I rem 3, 0, Main) end) || I <- lists:seq(0, 99)],
  gather(100, 0).

mall(0, 100) -> ok;
mall(0, Closed) -> receive {meet, From, _} -> From ! closed, mall(0, Closed + 1) end;
mall(Left, Closed) ->
  receive
    {meet, One, C1} ->
      receive {meet, Other, C2} -> One ! {met, C2}, Other ! {met, C1}, mall(Left - 1, Closed) end
  end.

creature(Mall, Colour, Meetings, Main) ->
  Mall ! {meet, self(), Colour},
  receive
    {met, Colour} -> creature(Mall, Colour, Meetings + 1, Main);
    {met, Other} -> creature(Mall, 3 - Other - Colour, Meetings + 1, Main);
    closed -> Main ! {done, Meetings}
  end.

link_loop(Next, Main) ->
  receive
    {next, P} -> link_loop(P, Main);
    0 -> Main ! {done, 1}, link_loop(Next, Main);
    Left -> Next ! Left - 1, link_loop(Next, Main)
  end.

ring(Hops) ->
  Main = self(),
  Links = [spawn(fun() -> link_loop(none, Main) end) || _ <- lists:seq(1, 500)],
  lists:foldl(fun(Link, Next) -> Link ! {next, Next}, Link end, hd(Links), lists:reverse(Links)),
  hd(Links) ! Hops,
  Sum = gather(1, 0),
  [exit(Link, kill) || Link <- Links],
  Sum * Hops.

node(Parent, First, 1) -> Parent ! {sum, First};
node(Parent, First, Size) ->
  Me = self(),
  Each = Size div 10,
  [spawn(fun() -> node(Me, First + I * Each, Each) end) || I <- lists:seq(0, 9)],
  Parent ! {sum, sums(10, 0)}.

sums(0, Sum) -> Sum;
sums(K, Sum) -> receive {sum, S} -> sums(K - 1, Sum + S) end.

skynet(N) ->
  Me = self(),
  spawn(fun() -> node(Me, 0, N) end),
  sums(1, 0).

spawn_die(N) ->
  Main = self(),
  spawn_opt(fun() -> breed(N), Main ! {done, sums(N, 0)} end, [{message_queue_data, off_heap}]),
  gather(1, 0).

breed(0) -> ok;
breed(N) ->
  Mayfly = spawn(fun() -> receive {Number, Parent} -> Parent ! {sum, Number} end end),
  Mayfly ! {N - 1, self()},
  breed(N - 1).

server() -> receive {From, Ref, X} -> From ! {Ref, X + 1}, server() end.

ask_delay(N, Percentile) ->
  Main = self(),
  Server = spawn(fun server/0),
  spawn(fun() -> Main ! {asked, ask(N, 0, Server, 0, [])} end),
  receive {asked, {Sum, Delays}} -> ok end,
  Sorted = list_to_tuple(lists:sort(Delays)),
  io:format("value=~b work=~b~n", [element(N * Percentile div 100 + 1, Sorted), Sum]).

ask(N, N, _, Sum, Delays) -> {Sum, Delays};
ask(N, I, Server, Sum, Delays) ->
  Start = now_ns(),
  Ref = make_ref(),
  Server ! {self(), Ref, I},
  receive {Ref, Answer} -> ok after 10000 -> Answer = exit(timeout) end,
  ask(N, I + 1, Server, Sum + Answer, [now_ns() - Start | Delays]).

idle_bytes(N) ->
  erlang:garbage_collect(),
  Before = erlang:memory(total),
  Processes = [spawn(fun server/0) || _ <- lists:seq(1, N)],
  Alive = length([P || P <- Processes, is_process_alive(P)]),
  After = erlang:memory(total),
  io:format("value=~.1f work=~b~n", [(After - Before) / N - 16, Alive]).
