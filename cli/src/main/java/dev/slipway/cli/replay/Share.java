package dev.slipway.cli.replay;

import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Reads a share: `0.001` or `0.1%`.
final class Share implements ITypeConverter<Double> {

  @Override
  public Double convert(String text) {
    String plain = text.strip();
    boolean percent = plain.endsWith("%");
    try {
      double value =
          Double.parseDouble(percent ? plain.substring(0, plain.length() - 1).strip() : plain);
      double share = percent ? value / 100 : value;
      if (share > 0 && share < 1) return share;
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new TypeConversionException(
        String.format(Locale.ROOT, "'%s': a share is written 0.001 or 0.1%%", text));
  }
}
