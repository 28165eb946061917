using Aria.Pipeline.Control;

namespace Aria.Pipeline.Gateways;

/// <summary>Whom a gateway takes as lost for a stage's report (specs/pipeline.md §4).</summary>
internal static class Blame
{
    /// <summary>The stage meant by a fault that <paramref name="sender"/> reported, and whether it speaks of itself.</summary>
    public static (int Stage, bool FirstHand) Of(int sender, int stages, FaultCode code) => code switch
    {
        FaultCode.PredecessorLost or FaultCode.BadInput => (Math.Max(sender - 1, 0), false),
        FaultCode.SuccessorLost => (Math.Min(sender + 1, stages - 1), false),
        _ => (sender, true),
    };

    /// <summary>
    /// After a step that did not come: the first stage that did not answer its probe, else the first that has received more than it passed on, else the first.
    /// </summary>
    public static int OfProgress(IReadOnlyList<ControlMessage.Progress?> progress)
    {
        int silent = progress.Index().Where(stage => stage.Item is null).Select(stage => stage.Index).FirstOrDefault(-1);
        return silent >= 0 ? silent : progress.Index().Where(stage => stage.Item!.Received > stage.Item.Sent).Select(stage => stage.Index).FirstOrDefault(0);
    }
}
