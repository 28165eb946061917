using System.Buffers.Binary;
using Aria.Pipeline.Frames;
using Aria.Provenance.Plans;

namespace Aria.Pipeline.Gateways;

/// <summary>Whether a frame of the last stage is the answer that is due (specs/pipeline.md §3). One caller sends, one other answers.</summary>
internal sealed class AnswerGate(JobPlan plan, int vocabulary)
{
    private readonly Lock _lock = new();
    private readonly Queue<(int Position, int Count)> _due = [];
    private readonly SessionKey _session = new(plan.Job, plan.Epoch, plan.Stages.Length);
    private readonly int _boundary = plan.Stages[^1].Span.OutBoundary + 1;
    private readonly int _candidates = Math.Min(plan.Sampling.CandidateCount, vocabulary);
    private readonly int _answerBytes = FrameBody.AnswerBytes(Math.Min(plan.Sampling.CandidateCount, vocabulary), plan.Sampling);
    private int _sent;

    /// <summary>Positions sent in.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Whether every frame is answered.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _due.Count == 0;
            }
        }
    }

    /// <summary>The next positions are about to be sent as one frame; its first position.</summary>
    public int Send(int count)
    {
        lock (_lock)
        {
            _due.Enqueue((_sent, count));
            _sent += count;
            return _sent - count;
        }
    }

    /// <summary>Takes an answer into <paramref name="answers"/>, one for each position from head_from on; or says what is wrong with it.</summary>
    public string? Problem(in ActivationFrame frame, List<HeadAnswer> answers)
    {
        answers.Clear();
        if (frame.To != _session)
        {
            return $"a frame for {frame.To}";
        }

        (int Position, int Count) due;
        lock (_lock)
        {
            bool idle = !_due.TryPeek(out due);
            if (frame.Kind == FrameKind.End)
            {
                return idle && frame.Position == _sent ? null : $"the end at position {frame.Position} of {_sent}";
            }

            if (idle)
            {
                return $"{frame.Kind} where nothing is due";
            }
        }

        if (frame.Kind != FrameKind.Candidates || frame.Boundary != _boundary || frame.Position != due.Position || frame.Count != due.Count)
        {
            return $"{frame.Kind} {frame.Position}+{frame.Count} at boundary {frame.Boundary} where {due.Position}+{due.Count} at {_boundary} is due";
        }

        int lists = Math.Clamp(due.Position + due.Count - plan.HeadFrom, 0, due.Count);
        if (frame.Body.Length != _answerBytes * lists)
        {
            return $"{frame.Body.Length} bytes for {lists} times {_candidates} candidates{(plan.Sampling.WantsLogSum ? " and their log-sum" : "")}";
        }

        for (int i = 0; i < lists; i++)
        {
            ReadOnlySpan<byte> body = frame.Body.Span.Slice(_answerBytes * i, _answerBytes);
            Candidate[] list = new Candidate[_candidates];
            if (!TryRead(body, list))
            {
                return "candidates out of order, unknown, or without a finite logit";
            }

            float? logSum = plan.Sampling.WantsLogSum ? BinaryPrimitives.ReadSingleLittleEndian(body[(8 * _candidates)..]) : null;
            if (logSum is { } sum && !(float.IsFinite(sum) && sum >= list[0].Logit))
            {
                return "a log-sum that is not finite, or less than the best logit";
            }

            answers.Add(new(list, logSum));
        }

        lock (_lock)
        {
            _due.Dequeue();
        }

        return null;
    }

    private bool TryRead(ReadOnlySpan<byte> body, Candidate[] list)
    {
        for (int i = 0; i < list.Length; i++)
        {
            Candidate candidate = new(BinaryPrimitives.ReadUInt32LittleEndian(body[(8 * i)..]), BinaryPrimitives.ReadSingleLittleEndian(body[((8 * i) + 4)..]));
            bool follows = i == 0 || candidate.Logit < list[i - 1].Logit || (candidate.Logit == list[i - 1].Logit && candidate.Token > list[i - 1].Token);
            if (!follows || !float.IsFinite(candidate.Logit) || candidate.Token >= (uint)vocabulary)
            {
                return false;
            }

            list[i] = candidate;
        }

        return true;
    }
}
