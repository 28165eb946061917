using Aria.Libp2p.PubSub.Messages;
using Aria.Libp2p.PubSub.Routing;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.PubSub;

public sealed partial class GossipSub
{
    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        await foreach (WaitingCheck waiting in _checks.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            try
            {
                await CheckAsync(waiting.Arrival, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                waiting.Places.GiveBack();
            }
        }
    }

    private async Task CheckAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        SignatureVerdict signature = MessageSignature.Verify(arrival.Message);
        lock (_lock)
        {
            bool goesOn = _router.Checked(arrival, signature, Now);
            Act();
            if (!goesOn)
            {
                _metrics.Checked(signature == SignatureVerdict.Good ? "duplicate" : "signature");
                return;
            }
        }

        ValidationVerdict verdict = await JudgeAsync(arrival, cancellationToken).ConfigureAwait(false);
        lock (_lock)
        {
            _router.Validated(arrival, verdict, Now);
            Act();
        }

        _metrics.Checked(verdict switch { ValidationVerdict.Accept => "accepted", ValidationVerdict.Reject => "rejected", _ => "ignored" });
    }

    private async ValueTask<ValidationVerdict> JudgeAsync(Arrival arrival, CancellationToken cancellationToken)
    {
        MessageValidator[] validators = [.. Volatile.Read(ref _subscriptions).GetValueOrDefault(arrival.Message.Topic, []).Select(one => one.Validator).OfType<MessageValidator>()];
        if (validators.Length == 0)
        {
            return ValidationVerdict.Accept;
        }

        using CancellationTokenSource late = new(_options.ValidationTimeout, _time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            foreach (MessageValidator validator in validators)
            {
                ValueTask<ValidationVerdict> judging = validator(arrival.Message, arrival.From, either.Token);
                ValidationVerdict verdict = judging.IsCompletedSuccessfully ? judging.Result : await judging.AsTask().WaitAsync(either.Token).ConfigureAwait(false);
                if (verdict != ValidationVerdict.Accept)
                {
                    return verdict;
                }
            }

            return ValidationVerdict.Accept;
        }
        catch (Exception exception)
        {
            // A validator's fault is nobody else's; whatever happened, the message is settled.
            LogNotJudged(_logger, arrival.Message.Topic, exception);
            return ValidationVerdict.Ignore;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A message on {Topic} could not be validated and is ignored")]
    private static partial void LogNotJudged(ILogger logger, string topic, Exception exception);
}
