using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Aria.Cli.Commands;

/// <summary>Options whose values are checked while the line is parsed, so that a wrong one is a usage error.</summary>
internal static class OptionParsers
{
    /// <summary>Tries to read one token; the message tells what was expected.</summary>
    public delegate string? Reader<T>(string token, out T value);

    public static Option<TimeSpan?> Duration(string name, string description, bool recursive = false) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        Recursive = recursive,
        CustomParser = result => Single<TimeSpan?>(result, (string token, out TimeSpan? value) =>
        {
            bool ok = Durations.TryParse(token, out TimeSpan duration);
            value = duration;
            return ok ? null : "a duration such as 90s, 5m or 2h";
        }),
    };

    public static Option<int?> Int(string name, string description, int min, int max, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => Single<int?>(result, (string token, out int? value) =>
        {
            bool ok = int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && min <= number && number <= max;
            value = number;
            return ok ? null : $"a number from {min} to {max}";
        }),
    };

    /// <summary>Several different numbers, with commas between them.</summary>
    public static Option<int[]?> Ints(string name, string description, int min, int max, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "N,…",
        CustomParser = result => Single<int[]?>(result, (string token, out int[]? value) =>
        {
            List<int> numbers = [];
            foreach (string part in token.Split(','))
            {
                if (!int.TryParse(part, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) || number < min || number > max || numbers.Contains(number))
                {
                    value = null;
                    return $"different numbers from {min} to {max} with commas between them";
                }

                numbers.Add(number);
            }

            value = [.. numbers];
            return null;
        }),
    };

    public static Option<double?> Real(string name, string description, double min, double max, params string[] aliases) => new(name, aliases)
    {
        Description = description,
        HelpName = "X",
        CustomParser = result => Single<double?>(result, (string token, out double? value) =>
        {
            bool ok = double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && min <= number && number <= max;
            value = number;
            return ok ? null : string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}");
        }),
    };

    public static Option<string?> Text(string name, string description, string helpName, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = helpName };

    public static Option<bool> Flag(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    /// <summary>Reads the one token of an option; a failure becomes a parse error and the default value.</summary>
    public static T? Single<T>(ArgumentResult result, Reader<T> read)
    {
        string token = result.Tokens[^1].Value;
        if (read(token, out T value) is not { } expected)
        {
            return value;
        }

        string name = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name;
        result.AddError($"{name}: {expected} is expected, not \"{token}\".");
        return default;
    }
}
