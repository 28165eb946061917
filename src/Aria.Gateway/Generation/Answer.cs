using System.Text;
using Aria.Gateway.Errors;
using Aria.Gateway.Requests;
using Aria.Gateway.Responses;
using Aria.Gateway.Streaming;
using Aria.Node.Generation;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Aria.Gateway.Generation;

/// <summary>One generation as the answer to one request, whole or as a stream. It begins when a pipeline has been found.</summary>
internal sealed partial class Answer(
    HttpContext context, AnswerFormat format, GenerationSettings settings, JobId job, PatientEvents<GenerationEvent> events, ILogger logger)
{
    /// <summary>Collects the text, then answers with one document.</summary>
    public async Task WriteWholeAsync()
    {
        StringBuilder text = new();
        List<TokenLogProbability> tokens = [];
        while (true)
        {
            switch (await events.NextAsync(ServerSentEvents.PingInterval))
            {
                case GenerationEvent.Token token:
                    text.Append(token.Text);
                    tokens.AddRange(token.LogProbabilities);
                    break;
                case GenerationEvent.Finished finished:
                    await WriteJsonAsync(format.Whole(text.ToString(), tokens, NameOf(finished.Reason), UsageOf(finished), Extension(finished)));
                    return;
                case null when events.Ended:
                    throw new InvalidOperationException("A generation ended without saying how.");
            }
        }
    }

    /// <summary>Sends each piece of text as soon as it is certain. A failure on the way is told in the stream, which is then cut off.</summary>
    public async Task WriteStreamAsync()
    {
        ServerSentEvents stream = new(context);
        await stream.StartAsync();
        try
        {
            if (format.Opening is { } opening)
            {
                await stream.SendAsync(opening);
            }

            while (!await StepAsync(stream))
            {
            }
        }
        catch (Exception) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody listens any more; the generation ends with the events.
        }
        catch (OperationCanceledException)
        {
            await stream.FailAsync(ApiError.Stopping());
        }
        catch (Exception e)
        {
            if (GenerationFailure.Of(e) is not { } error)
            {
                LogFailed(logger, context.TraceIdentifier, e);
                error = ApiError.Internal(context.TraceIdentifier);
            }

            await stream.FailAsync(error);
        }
    }

    private async Task<bool> StepAsync(ServerSentEvents stream)
    {
        switch (await events.NextAsync(ServerSentEvents.PingInterval))
        {
            case GenerationEvent.Token token when token.Text.Length > 0 || !token.LogProbabilities.IsEmpty:
                await stream.SendAsync(format.Piece(token.Text, token.LogProbabilities));
                return false;
            case GenerationEvent.Finished finished:
                await SendEndAsync(stream, finished);
                return true;
            case null when events.Ended:
                throw new InvalidOperationException("A generation ended without saying how.");
            case null:
                await stream.PingAsync();
                return false;
            default:
                return false;
        }
    }

    private async Task SendEndAsync(ServerSentEvents stream, GenerationEvent.Finished finished)
    {
        AriaExtension aria = Extension(finished);
        await stream.SendAsync(format.End(NameOf(finished.Reason), settings.IncludeUsage ? null : aria));
        if (settings.IncludeUsage)
        {
            await stream.SendAsync(format.Totals(UsageOf(finished), aria));
        }

        await stream.DoneAsync();
    }

    private AriaExtension Extension(GenerationEvent.Finished finished) => new(
        job.ToString(),
        finished.Record?.ToString(),
        finished.LedgerIndex is { } index ? new(index) : null,
        settings.Sampling.Seed.ToString(System.Globalization.CultureInfo.InvariantCulture),
        finished.Attempts,
        [.. finished.Plan.Stages.Select(stage => Hop.Of(stage.Node, stage.Span))],
        new(finished.Energy.Method.Name, finished.Energy.LowMillijoules, finished.Energy.HighMillijoules),
        Timings.Of(finished.ToFirstToken, finished.Total, finished.CompletionTokens),
        settings.Ignored)
    {
        Problem = finished.Problem,
    };

    private async Task WriteJsonAsync(byte[] json)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = json.Length;
        await context.Response.Body.WriteAsync(json, context.RequestAborted);
    }

    private static string NameOf(FinishReason reason) => reason == FinishReason.Length ? "length" : "stop";

    private static Usage UsageOf(GenerationEvent.Finished finished) => Usage.Of(finished.PromptTokens, finished.CompletionTokens);

    [LoggerMessage(Level = LogLevel.Error, Message = "{RequestId} failed in its stream")]
    private static partial void LogFailed(ILogger logger, string requestId, Exception exception);
}
