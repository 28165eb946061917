using System.Collections.Immutable;
using Aria.Engine;
using Aria.Engine.Models;
using Aria.Gateway.Errors;
using Aria.Gateway.Generation;
using Aria.Gateway.Models;
using Aria.Gateway.Requests;
using Aria.Gateway.Responses;
using Aria.Gateway.Serving;
using Aria.Gateway.Streaming;
using Aria.Node.Generation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace Aria.Gateway.Endpoints;

/// <summary>Starts a generation: a node's <see cref="TextGenerator.GenerateAsync"/>.</summary>
internal delegate IAsyncEnumerable<GenerationEvent> Generate(GenerationRequest request, CancellationToken cancellationToken);

/// <summary><c>POST /v1/chat/completions</c> and <c>POST /v1/completions</c>.</summary>
/// <param name="models">What may be asked for.</param>
/// <param name="generate">Runs it.</param>
/// <param name="count">Told by the status.</param>
/// <param name="time">For creation times and pings.</param>
/// <param name="logger">Told of bugs.</param>
/// <param name="stopping">The server stops: generations end.</param>
internal sealed class GenerationEndpoints(ModelCatalog models, Generate generate, GenerationCount count, TimeProvider time, ILogger logger, CancellationToken stopping)
{
    private const string JobHeader = "x-aria-job";

    // A drawn seed survives every client's JSON numbers.
    private const long SeedBound = 1L << 53;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/chat/completions", (RequestDelegate)ChatAsync);
        routes.MapPost("/v1/completions", (RequestDelegate)CompleteAsync);
    }

    private async Task ChatAsync(HttpContext context)
    {
        ChatRequest request = ChatRequest.Parse(await RequestBody.ReadJsonAsync(context), DrawSeed);
        ModelFile model = models.Require(request.Settings.Model);
        ImmutableArray<uint> prompt = PromptTokens.Of(model, request.Messages);
        int room = PromptTokens.RoomFor(prompt.Length, request.Settings.MaxTokens, null, model.Shape.Context, "messages");
        ChatFormat format = new(Head(ChatFormat.NewId(), model), Logprobs(request.Settings, model));
        await AnswerAsync(context, format, request.Settings, new(model, prompt, room, request.Settings.Sampling, request.Settings.Stops));
    }

    private async Task CompleteAsync(HttpContext context)
    {
        CompletionRequest request = CompletionRequest.Parse(await RequestBody.ReadJsonAsync(context), DrawSeed);
        ModelFile model = models.Require(request.Settings.Model);
        ImmutableArray<uint> prompt = PromptTokens.Of(model.Tokenizer, request.Prompt);
        int room = PromptTokens.RoomFor(prompt.Length, request.Settings.MaxTokens, CompletionRequest.DefaultMaxTokens, model.Shape.Context, "prompt");
        CompletionFormat format = new(Head(CompletionFormat.NewId(), model), Logprobs(request.Settings, model));
        await AnswerAsync(context, format, request.Settings, new(model, prompt, room, request.Settings.Sampling, request.Settings.Stops));
    }

    private static ulong DrawSeed() => (ulong)Random.Shared.NextInt64(SeedBound);

    private static TokenLogprobs? Logprobs(GenerationSettings settings, ModelFile model) => settings.TopLogprobs is { } top ? new(model.Tokenizer, top) : null;

    private AnswerHead Head(string id, ModelFile model) =>
        new(id, time.GetUtcNow().ToUnixTimeSeconds(), model.Name, $"aria-{NumericSpec.Id}-{model.Id.ToString()[..8]}");

    private async Task AnswerAsync(HttpContext context, AnswerFormat format, GenerationSettings settings, GenerationRequest request)
    {
        using GenerationCount.Entry entry = count.Enter();
        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        await using PatientEvents<GenerationEvent> events = new(generate(request, ending.Token), time, ending.Token);
        try
        {
            JobId job = await StartAsync(events);
            entry.Started();
            context.Response.Headers[JobHeader] = job.ToString();
            Answer answer = new(context, format, settings, job, events, logger);
            await (settings.Stream ? answer.WriteStreamAsync() : answer.WriteWholeAsync());
        }
        catch (Exception e) when (GenerationFailure.Of(e) is { } error)
        {
            if (e is GenerationException { Job: var job } && job != default)
            {
                context.Response.Headers[JobHeader] = job.ToString();
            }

            throw new RequestRefusedException(error);
        }
    }

    private static async Task<JobId> StartAsync(PatientEvents<GenerationEvent> events)
    {
        while (true)
        {
            switch (await events.NextAsync(ServerSentEvents.PingInterval))
            {
                case GenerationEvent.Started started:
                    return started.Job;
                case null when !events.Ended:
                    break;                                  // still looking: a refusal would have to be a plain HTTP error
                case var other:
                    throw new InvalidOperationException($"A generation began with {other?.GetType().Name ?? "nothing"}.");
            }
        }
    }
}
