using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Aria.Cli.Commands;
using Aria.Cli.Kills;
using Aria.Cli.Output;
using Aria.Gateway.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Aria.Cli.Testnet;

/// <summary>
/// The supervisor's own endpoints beside the gateway's: killing a node, at once or at a token, and starting it again (specs/testnet.md §5). Whoever
/// uses them shows the control token. Answers are JSON lines.
/// </summary>
/// <param name="fleet">The nodes.</param>
/// <param name="kills">Kills that wait for a token.</param>
/// <param name="whenSeen">Returns when the gateway knows what a node serves, so that the next request may be given to it.</param>
/// <param name="token">The control token.</param>
/// <param name="time">The clock.</param>
/// <param name="stopping">The testnet stops.</param>
internal sealed class TestnetSwitches(
    NodeFleet fleet, ArmedKills kills, Func<NodeProcess, CancellationToken, Task> whenSeen, OwnerToken token, TimeProvider time, CancellationToken stopping)
{
    /// <summary>Most bytes of a request.</summary>
    public const int MaxBodyBytes = 4096;

    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan DefaultKillPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxKillPatience = TimeSpan.FromHours(1);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(TestnetKillCommand.Path, (RequestDelegate)KillAsync);
        routes.MapPost(TestnetStartNodeCommand.Path, (RequestDelegate)StartAsync);
    }

    private async Task KillAsync(HttpContext context)
    {
        if (await ReadAsync(context, CliJson.Lines.KillRequest) is not { } request)
        {
            return;
        }

        if (request.AtToken is null)
        {
            await WriteAsync(context, await KillNowAsync(request));
            return;
        }

        if (TargetOf(request) is not { } target || request.AtToken < 1)
        {
            await WriteAsync(context, Refused(request.Node is null ? "invalid_value" : "unknown_node", $"There is no node \"{request.Node}\" to kill at token {request.AtToken}."));
            return;
        }

        TimeSpan patience = TimeSpan.FromSeconds(Math.Clamp(request.TimeoutSeconds ?? DefaultKillPatience.TotalSeconds, 0, MaxKillPatience.TotalSeconds));
        using CancellationTokenSource timer = new(patience, time);
        using CancellationTokenSource joined = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, context.RequestAborted, stopping);
        if (kills.Arm(target, request.AtToken.Value, joined.Token) is not { } order)
        {
            await WriteAsync(context, Refused("queue_full", $"{ArmedKills.MaxOrders} kills wait already."));
            return;
        }

        await WriteAsync(context, new KillReply { Armed = true });
        try
        {
            await WriteAsync(context, Reply(await order, request));
        }
        catch (OperationCanceledException) when (timer.IsCancellationRequested)
        {
            await WriteAsync(context, Refused("timeout", $"No request came to token {request.AtToken} within {patience.TotalSeconds:0.#} s."));
        }
    }

    private async Task StartAsync(HttpContext context)
    {
        if (await ReadAsync(context, CliJson.Lines.StartRequest) is not { } request)
        {
            return;
        }

        await WriteAsync(context, await StartNodeAsync(request.Node, context.RequestAborted));
    }

    private async Task<StartReply> StartNodeAsync(string? name, CancellationToken cancellationToken)
    {
        if (name is null || fleet.Find(name) is not { } node)
        {
            return new() { Error = new("unknown_node", $"This testnet has no node \"{name}\"; it has {Names()}.") };
        }

        if (node.Runs)
        {
            return new() { Error = new("node_running", $"{name} runs already (pid {node.Identity.Pid}).") };
        }

        try
        {
            node.Start();
            using CancellationTokenSource late = new(StartPatience, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken, stopping);
            string address = await node.Ready.WaitAsync(either.Token);
            await whenSeen(node, either.Token);
            return new() { Started = name, Pid = node.Identity.Pid, Address = address };
        }
        catch (NodeExitedException e)
        {
            return new() { Error = new("start_failed", $"{e.Message} {node.LastWords()}") };
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new() { Error = new("start_failed", $"{name} was not ready within {StartPatience.TotalSeconds} s: aria testnet logs {name}") };
        }
    }

    private async Task<KillReply> KillNowAsync(KillRequest request) =>
        request.Node is not { } name || fleet.Find(name) is not { } node ? Refused("unknown_node", $"This testnet has no node \"{request.Node}\"; it has {Names()}.")
        : await node.KillAsync() is { } pid ? new() { Killed = name, Pid = pid }
        : Refused("not_running", $"{name} does not run.");

    private KillTarget? TargetOf(KillRequest request) => request switch
    {
        { Node: { } name, Stage: null } => fleet.Find(name) is { } node ? new KillTarget.Node(node.Id) : null,
        { Node: null, Stage: >= 0 and var stage } => new KillTarget.Stage(stage),
        _ => null,
    };

    private KillReply Reply(KillOutcome outcome, KillRequest request) => outcome switch
    {
        KillOutcome.Killed killed => new() { Killed = fleet.Find(killed.Node)?.Name, Pid = killed.Pid, Token = killed.Token },
        KillOutcome.EndedBefore ended => Refused("ended_before", $"The request ended after {ended.Tokens} tokens, before token {request.AtToken}."),
        KillOutcome.NotInPlan { Plan: var plan } => Refused(
            "not_in_plan",
            $"The request runs on {string.Join(" → ", plan.Stages.Select(stage => fleet.Find(stage.Node)?.Name ?? stage.Node.ToString()[..8]))}: "
            + (request.Node is { } name ? $"{name} has no part in it." : $"there is no stage {request.Stage} that this testnet could kill.")),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private string Names() => string.Join(", ", fleet.Nodes.Select(node => node.Name));

    private static KillReply Refused(string code, string message) => new() { Error = new(code, message) };

    private async Task<T?> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        if (!token.IsShownBy(context.Request))
        {
            await RefuseAsync(context, StatusCodes.Status401Unauthorized, "owner_only", "The testnet's control token is needed: it stands in the testnet's state file.");
            return null;
        }

        byte[] body = new byte[MaxBodyBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        try
        {
            if (length <= MaxBodyBytes && JsonSerializer.Deserialize(body.AsSpan(0, length), type) is { } request)
            {
                return request;
            }
        }
        catch (JsonException)
        {
            // Answered below like any other body that is no request.
        }

        await RefuseAsync(context, StatusCodes.Status400BadRequest, "invalid_json", "The body is no request for this switch.");
        return null;
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        return WriteAsync(context, new KillReply { Error = new(code, message) });
    }

    private static Task WriteAsync(HttpContext context, KillReply reply) => WriteLineAsync(context, reply, CliJson.Lines.KillReply);

    private static Task WriteAsync(HttpContext context, StartReply reply) => WriteLineAsync(context, reply, CliJson.Lines.StartReply);

    private static async Task WriteLineAsync<T>(HttpContext context, T reply, JsonTypeInfo<T> type)
    {
        context.Response.ContentType ??= "application/x-ndjson; charset=utf-8";
        await context.Response.Body.WriteAsync((byte[])[.. JsonSerializer.SerializeToUtf8Bytes(reply, type), (byte)'\n'], context.RequestAborted);
        await context.Response.Body.FlushAsync(context.RequestAborted);
    }
}
